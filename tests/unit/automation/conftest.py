"""For the tests of rules: a mat on which things happen."""

import pytest

from tests.support.happenings import Mat


@pytest.fixture
def mat() -> Mat:
    return Mat()
