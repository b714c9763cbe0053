"""Tests: unit (pure), contract (the messages), process (one service), system (the suite), bench (ratios)."""
