"""Random requests by schemathesis (PyPI) against the OpenAPI file: nothing may answer with a server error, with another
status, type or form than the file says, or take what the file forbids.

    pip install schemathesis
    python Benchmarks/site/hostile.py [examples for each call]
"""
import shutil, subprocess, sys
from serving import Server

schemathesis = shutil.which("schemathesis") or sys.exit("schemathesis is missing: pip install schemathesis")
examples = sys.argv[1] if len(sys.argv) > 1 else "200"
server = Server("--comments", "/tmp/danlu-hostile-comments.sqlite")
before = server.megabytes()
checks = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
          "unsupported_method")
status = subprocess.run([
    schemathesis, "run", server.address + "/api/v1/openapi.json", "--workers", "4", "--seed", "1",
    "--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--checks", checks,
    # The stream of a run ends with it.
    "--exclude-path-regex", "/events$", "--suppress-health-check", "all",
]).returncode
alive = server.process.poll() is None
print(f"alive: {alive}; memory {before:.0f} MB before, {server.megabytes():.0f} MB after; stopped in {server.stop():.2f} s")
sys.exit(status or not alive)
