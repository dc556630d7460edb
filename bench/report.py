#!/usr/bin/env python3
"""Makes bench/results/<date>-<commit>.json and .md of what bench/run.sh measured. Exit code 1 if a lane that every order takes was not in use."""

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

RESULTS = Path("bench/results")
# The hot writes of a checkout, and the lane of each. Source: design.md §4.
LANES = {"reserve": "warehouse.reserve", "create order": "order.create", "payment": "payment.create", "saga log": "checkout.place_order.log"}


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def lines_of(path: Path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def machine(load: str):
    cpu = {line.split(":")[0].strip(): line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line}
    memory_kib = int(next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")).split()[1])
    return {
        "cores": os.cpu_count(),
        "processor": cpu.get("model name", "unknown"),
        "memory_gib": round(memory_kib / 2**20, 1),
        "kernel": os.uname().release,
        "postgresql": output_of("/usr/lib/postgresql/15/bin/postgres", "--version").replace("postgres (PostgreSQL)", "PostgreSQL"),
        "load_average_at_start": [float(part) for part in load.split()],
    }


def median(rounds, key):
    return statistics.median(one[key] for one in rounds)


def row(name, ours, limit, unit, target, limit_name):
    return {"row": name, "emporion": round(ours, 2), "limit": round(limit, 2), "unit": unit, "ratio": round(ours / limit, 3), "limit_is": limit_name, "target": target}


def checkout_rows(rounds):
    by_kind = {kind: [one for one in rounds if one["kind"] == kind] for kind in ("ceiling", "purchase", "confirm")}
    ceiling = median(by_kind["ceiling"], "per_s")
    limit = "pgbench: the order's rows in one transaction"
    rows = [
        row("complete purchase over HTTP", median(by_kind["purchase"], "per_s_until_heard"), ceiling, "orders/s", "≥ 0.5", limit),
        row("confirm over HTTP, events heard included", median(by_kind["confirm"], "per_s_until_heard"), ceiling, "orders/s", "≥ 1.0", limit),
        row("confirm over HTTP, to the last answer", median(by_kind["confirm"], "per_s"), ceiling, "orders/s", "–", limit),
    ]
    return rows, by_kind


def read_rows(path: Path):
    rows = []
    for line in path.read_text().splitlines():
        name, size, ours, _, theirs, _ = line.split()
        rows.append(row(f"{name} over HTTP, {size} bytes", float(ours), float(theirs), "requests/s", "≥ 0.5", "nginx: the same bytes from disk"))
    return rows


def micro_rows(raw: Path):
    rows = []
    for one in lines_of(raw / "hot_sku.jsonl"):
        name = f"hot SKU, {one['callers']} callers" + (", warehouse planned" if one["planned"] else "")
        target = "≥ 30" if one["callers"] == 64 else "≥ 50"
        rows.append(row(name, one["reservations_per_s"], one["guarded_update_per_s"], "reservations/s", target, "pgbench: guarded UPDATE and INSERT, 64 clients"))
    for one in lines_of(raw / "postgres_read.jsonl"):
        rows.append(row(f"point reads, {one['connections']} connections", one["kernel_per_s"], one["pgbench_per_s"], "reads/s", "≥ 2.5", "pgbench -S -M prepared, 64 clients"))
    used = {"ours": [], "nginx": []}
    for line in (raw / "http_server.txt").read_text().splitlines():
        words = line.split()
        if words[0] in used:
            used[words[0]].append({"cpu_us": float(words[1]), "per_s": float(words[6])})
    limit = "nginx: the same bytes from memory"
    rows.append(row("bare HTTP server, 2 KiB", median(used["ours"], "per_s"), median(used["nginx"], "per_s"), "requests/s", "≥ 0.6", limit))
    rows.append(row("bare HTTP server, processor time", median(used["ours"], "cpu_us"), median(used["nginx"], "cpu_us"), "us/request", "≤ 1.5", limit))
    return rows


def lanes_of(rounds):
    work = {}
    for one in rounds:
        for lane in one.get("lanes", []):
            known = work.setdefault(lane["lane"], {"batches": 0, "commands": 0})
            known["batches"] += lane["batches"]
            known["commands"] += lane["commands"]
    return [{"write": write, "lane": lane, **work.get(lane, {"batches": 0, "commands": 0})} for write, lane in LANES.items()]


def mean_batch(lane):
    return lane["commands"] / lane["batches"] if lane["batches"] else 0.0


def errors_of(rounds):
    errors = {}
    for one in rounds:
        for reason, count in one.get("errors", {}).items():
            errors[reason] = errors.get(reason, 0) + count
    return errors


def steps_of(rounds):
    """Per step the median over the rounds."""
    steps = {}
    for one in rounds:
        for step in one["steps"]:
            steps.setdefault(step["step"], []).append(step)
    return {name: {"calls": sum(one["calls"] for one in all_of), "p50_ms": round(median(all_of, "p50_ms"), 1), "p99_ms": round(median(all_of, "p99_ms"), 1)} for name, all_of in steps.items()}


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for cells in rows:
        yield "| " + " | ".join(str(cell) for cell in cells) + " |"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def markdown(result):
    made_on = result["machine"]
    yield f"# Benchmarks of {result['commit']}, {result['date']}"
    yield ""
    yield f"`{result['command']}` ({result['mode']}, {result['seconds']} s) on {made_on['cores']} cores ({made_on['processor']}), {made_on['memory_gib']} GiB, Linux {made_on['kernel']},"
    yield f"{made_on['postgresql']}, durable (fsync and synchronous_commit on). Load average at the start: {' '.join(str(one) for one in made_on['load_average_at_start'])}."
    yield "The load generator shares the cores. What each row means, and does not show: [bench/README.md](../README.md)."
    yield ""
    yield from table(
        ["row", "Emporion", "limit", "ratio", "design's target", "unit", "the limit"],
        ([one["row"], number(one["emporion"]), number(one["limit"]), f"{one['ratio']:.2f}", one["target"], one["unit"], one["limit_is"]] for one in result["rows"]),
    )
    yield ""
    yield f"The audit after {result['orders']:,} orders is clean: {result['invariants_held']} invariants hold. Refused or unanswered calls: {result['errors'] or 'none'}."
    yield ""
    yield "## Lanes under this load"
    yield ""
    yield from table(["write", "lane", "commands", "transactions", "mean batch"], ([one["write"], f"`{one['lane']}`", f"{one['commands']:,}", f"{one['batches']:,}", f"{mean_batch(one):.1f}"] for one in result["lanes"]))
    yield ""
    yield "## Steps, 64 clients"
    yield ""
    steps = [(kind, name, step) for kind in ("purchase", "confirm") for name, step in result["steps"][kind].items()]
    yield from table(["round", "step", "calls", "p50 ms", "p99 ms"], ([kind, name, f"{step['calls']:,}", step["p50_ms"], step["p99_ms"]] for kind, name, step in steps))
    yield ""
    yield "## Processor time per order, in us"
    yield ""
    yield from table(
        ["", "Emporion", "PostgreSQL", "load generator"],
        ([kind] + [number(used[part]) if part in used else "–" for part in ("shop", "postgres", "load")] for kind, used in result["cpu_us_per_order"].items()),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path)
    for option in ("--mode", "--command", "--load", "--seconds"):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()

    rounds = lines_of(arguments.raw / "checkout.jsonl")
    rows, by_kind = checkout_rows(rounds)
    commit = output_of("git", "rev-parse", "--short=12", "HEAD")
    if output_of("git", "status", "--porcelain", "--", ".", ":!bench/results"):
        commit += "-changed"
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "commit": commit,
        "command": arguments.command,
        "mode": arguments.mode,
        "seconds": int(arguments.seconds),
        "machine": machine(arguments.load),
        "rows": rows + read_rows(arguments.raw / "reads.txt") + micro_rows(arguments.raw),
        "orders": sum(one["orders"] for one in by_kind["purchase"] + by_kind["confirm"]),
        "invariants_held": int((arguments.raw / "invariants").read_text()),
        "errors": errors_of(rounds),
        "lanes": lanes_of(rounds),
        "steps": {kind: steps_of(by_kind[kind]) for kind in ("purchase", "confirm")},
        "cpu_us_per_order": {
            kind: {part: median(by_kind[kind], f"cpu_us_{part}") for part in parts}
            for kind, parts in (("purchase", ("shop", "postgres", "load")), ("confirm", ("shop", "postgres", "load")), ("ceiling", ("postgres",)))
        },
        "rounds": rounds,
    }
    RESULTS.mkdir(exist_ok=True)
    name = f"{result['date']}-{commit}" + ("-quick" if arguments.mode == "quick" else "")
    text = "\n".join(markdown(result)) + "\n"
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (RESULTS / f"{name}.md").write_text(text)
    print(text)
    print(f"written: {RESULTS / name}.json and .md")
    idle = [one["write"] for one in result["lanes"] if mean_batch(one) <= 1]
    if idle:
        print(f"NOT IN USE, no batch above 1: the lanes of {', '.join(idle)}", file=sys.stderr)
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main())
