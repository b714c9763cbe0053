"""obs-bridge as it is, but it reads the verdict on the licence each time, and looks at its alarms more often."""

from services.obs_bridge import main as bridge
from shared.licensing import gate

if __name__ == "__main__":
    vars(gate).update(LOOK_EVERY_S=0.0)
    vars(bridge).update(SECOND_S=0.1)
    bridge.main()
