"""Why the slowest of 1,000 connections wait: wrk on an article's page and on the smallest answer, by the number of connections, of the
server's event loops, of wrk's threads; beside each what the server and wrk took of the processors.

    apt-get install wrk
    python3 Benchmarks/site/tail.py
"""
import os, re, resource, shutil, subprocess, sys
from serving import Server

wrk = shutil.which("wrk") or sys.exit("wrk is missing: apt-get install wrk")
SECONDS = 8


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


print("| loops | wrk's threads | connections | path | a second | p50 | p90 | p99 | longest | server, processors | wrk, processors |")
print("| ---: " * 3 + "| --- " + "| ---: " * 7 + "|")
for loops in (1, 2, 4):
    server = Server(NIO_SINGLETON_GROUP_LOOP_COUNT=str(loops))
    for threads, connections, path in (
        (1, 32, "/article/gan-qp/"), (1, 250, "/article/gan-qp/"), (1, 1000, "/article/gan-qp/"), (2, 1000, "/article/gan-qp/"),
        (1, 1000, "/health"),
    ):
        before, own = processor_seconds(server.process.pid), resource.getrusage(resource.RUSAGE_CHILDREN)
        text = subprocess.run(
            [wrk, "-t", str(threads), "-c", str(connections), "-d", f"{SECONDS}s", "--latency", "-H", "Accept-Encoding: gzip",
             server.address + path], capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        of_wrk = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
        taken = [re.search(rf"{share}%\s+(\S+)", text).group(1) for share in (50, 90, 99)]
        longest = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", text).group(1)
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
        print(f"| {loops} | {threads} | {connections} | {path} | {rate:,.0f} | {taken[0]} | {taken[1]} | {taken[2]} | {longest} "
              f"| {(processor_seconds(server.process.pid) - before) / SECONDS:.2f} | {of_wrk / SECONDS:.2f} |", flush=True)
    server.stop()
