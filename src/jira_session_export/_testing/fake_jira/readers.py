"""Which reader a kind of field has."""

from collections.abc import Mapping
from typing import Any

from jira_session_export._testing.fake_jira import app_values, values
from jira_session_export._testing.fake_jira.fields import FieldKind
from jira_session_export._testing.fake_jira.values import Reader, Setting

_READERS: Mapping[FieldKind, Reader] = {**values.READERS, **app_values.READERS}


def check_shape(setting: Setting, value: Any) -> None:
    """Whether the JSON has the right type for the field; what it names is looked at later.

    Raises:
        InvalidValueError: it has not.
    """
    _READERS[setting.field.kind].shape(setting, value)


def resolve(setting: Setting, value: Any) -> Any:
    """What is stored for a value of the right shape; None for "no value".

    Raises:
        InvalidValueError: it names something that does not exist or is not allowed here.
    """
    return _READERS[setting.field.kind].resolve(setting, value)
