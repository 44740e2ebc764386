"""The store built in the how-to, put through the suite it recommends."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-store.md"

exec(
    compile(
        "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)), str(PAGE), "exec"
    )
)
