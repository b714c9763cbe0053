"""What an error says of the value that offended."""

from shared.errors import MOST_SHOWN, ValidationError


def test_a_long_value_is_cut_for_people() -> None:
    """Who pasted a novel reads the sentence, not the novel; programs get all of it."""
    assert str(ValidationError("x.y", "No.", value="abc")) == "No. (got: 'abc')"
    error = ValidationError("x.y", "No.", value="a" * 5000)
    assert str(error) == f"No. (got: '{'a' * (MOST_SHOWN - 1)}…)"
    assert error.value == "a" * 5000
