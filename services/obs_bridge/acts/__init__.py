"""Everything that OBS can be told and asked, as procedures: one file per family; obs-bridge."""

from services.obs_bridge.acts.registry import answer, perform

__all__ = ["answer", "perform"]
