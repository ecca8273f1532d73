"""Writes docs/claims.md from what `danlu verify --json` prints.

    danlu verify --json > verification.json; python3 Scripts/claims.py verification.json
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def measured(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        summaries = json.load(file)
    claims = [claim for summary in summaries for claim in summary["claims"]]
    lines = [
        "# Claims", "",
        "What the articles claim and what was measured, with every recipe's defaults and seed 0. Made by",
        "`danlu verify --json > verification.json; python3 Scripts/claims.py verification.json`.", "",
        f"{sum(claim['holds'] for claim in claims)} of {len(claims)} claims hold.", "",
    ]
    for summary in summaries:
        lines += [f"## {summary['recipe']} ({summary['seconds']:.0f} s)", "",
                  "| | claim | in words | expected | measured |", "| --- | --- | --- | --- | --- |"]
        for claim in summary["claims"]:
            mark = "✓" if claim["holds"] else "✗"
            text = claim["statement"].replace("|", "\\|")
            lines.append(f"| {mark} | `{claim['id']}` | {text} | {claim['expected']} "
                         f"| {measured(claim['measured'])} |")
        lines.append("")
    (ROOT / "docs/claims.md").write_text("\n".join(lines), encoding="utf-8")


main()
