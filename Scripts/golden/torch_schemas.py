"""Makes Tests/TorchTests/Golden/schemas-2.13.txt: the schema of every operator that Danlu calls.

Run with torch==2.13.0:  python Scripts/golden/torch_schemas.py
Operators are found in the sources: Operator("name", "overload"), with or without `aten::`.
"""
import pathlib, re, torch

root = pathlib.Path(__file__).parents[2]
found = set()
for path in sorted((root / "Sources").rglob("*.swift")):
    text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for call in re.finditer(
            r'\bOperator\(\s*(?:named:\s*)?"(?:aten::)?(\w+)"(?:\s*,\s*(?:overload:\s*)?"(\w*)")?\s*\)', text):
        found.add((call.group(1), call.group(2) or ""))
lines = [str(torch._C._get_schema("aten::" + name, overload)) for name, overload in sorted(found)]
target = root / "Tests/TorchTests/Golden" / ("schemas-" + ".".join(torch.__version__.split(".")[:2]) + ".txt")
target.write_text("\n".join(lines) + "\n")
print(f"{len(lines)} operators")
