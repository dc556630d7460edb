#!/usr/bin/env python3
"""Makes bench/results/<date>-<commit>.json, .md and .html of what bench/run.sh measured, beside the last result of the same mode. Exit code 1 if a lane that every
order takes was not in use."""

import argparse
import datetime
import html
import json
import math
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from shop import row

RESULTS = Path("bench/results")
# The hot writes of a checkout, and the lane of each. Source: design.md §4.
LANES = {"add to cart": "checkout.cart_add", "begin checkout": "checkout.session_start", "change session": "checkout.session_change", "keep quote": "checkout.keep_quote",
         "accept confirm": "checkout.accept", "reserve": "warehouse.reserve", "create order": "order.create", "payment": "payment.create", "saga log": "checkout.place_order.log"}


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


def short_of(ratio, target):
    """How many times the ratio would have to be better to meet the target: 1 or less where it is met, nothing where there is none."""
    sign, _, bound = target.partition(" ")
    if not bound:
        return None
    if sign == "=":
        return 1.0 if ratio == float(bound) else math.inf
    return float(bound) / max(ratio, 1e-9) if sign in ("≥", ">") else ratio / float(bound)


def verdict(one):
    times = short_of(one["ratio"], one["target"])
    if times is None:
        return "–"
    return "met" if times <= 1 else "MISSED" if math.isinf(times) else f"missed, {times:.1f} times short" if times < 100 else f"missed, {times:,.0f} times short"


def checkout_rows(rounds):
    by_kind = {kind: [one for one in rounds if one["kind"] == kind] for kind in ("ceiling", "purchase", "confirm")}
    ceiling = median(by_kind["ceiling"], "per_s")
    limit = "pgbench: the order's rows in one transaction"
    rows = [
        row(1, "complete purchase over HTTP", median(by_kind["purchase"], "per_s_until_heard"), ceiling, "orders/s", "≥ 0.5", limit),
        row(2, "confirm over HTTP, events heard included", median(by_kind["confirm"], "per_s_until_heard"), ceiling, "orders/s", "≥ 1.0", limit),
        row(2, "confirm over HTTP, to the last answer", median(by_kind["confirm"], "per_s"), ceiling, "orders/s", "–", limit),
    ]
    return rows, by_kind


def read_rows(path: Path):
    rows = []
    for line in path.read_text().splitlines():
        name, size, ours, p99, theirs, _ = line.split()
        rows.append(row(7, f"{name} over HTTP, {size} bytes", float(ours), float(theirs), "requests/s", "≥ 0.5" if name == "product" else "≥ 0.35", "nginx: the same bytes from disk"))
        rows.append(row(7, f"{name} over HTTP, p99 at 64 connections", float(p99), 5, "ms", "< 1", "5 ms"))
    return rows


HOT = {"plenty": "reservations of {lines} hot SKU, {callers} callers", "few": "decisions over 100 units for 10,000, {callers} callers"}


def micro_rows(raw: Path):
    rows = []
    for one in lines_of(raw / "hot_sku.jsonl"):
        name = HOT[one["kind"]].format(**one) + ("" if one["planned"] else ", warehouse given")
        number, target = (5, "≥ 15") if one["lines"] > 1 else (4, "≥ 30") if one["kind"] == "few" else (0, "–")
        rows.append(row(number, name, one["per_s"], one["guarded_update_per_s"], "1/s", target, "pgbench: guarded UPDATE and INSERT, 64 clients"))
    for one in lines_of(raw / "postgres_read.jsonl"):
        rows.append(row(0, f"point reads, {one['connections']} connections", one["kernel_per_s"], one["pgbench_per_s"], "reads/s", "≥ 2.5", "pgbench -S -M prepared, 64 clients"))
    used = {"ours": [], "nginx": []}
    for line in (raw / "http_server.txt").read_text().splitlines():
        words = line.split()
        if words[0] in used:
            used[words[0]].append({"cpu_us": float(words[1]), "per_s": float(words[6])})
    limit = "nginx: the same bytes from memory"
    rows.append(row(0, "bare HTTP server, 2 KiB", median(used["ours"], "per_s"), median(used["nginx"], "per_s"), "requests/s", "≥ 0.6", limit))
    rows.append(row(0, "bare HTTP server, processor time", median(used["ours"], "cpu_us"), median(used["nginx"], "cpu_us"), "us/request", "≤ 1.5", limit))
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
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def last_of(mode, name):
    """The newest result of that mode before this one, by when it was written; nothing if there is none."""
    others = [json.loads(path.read_text()) for path in RESULTS.glob("*.json") if path.stem != name]
    others = [one for one in others if one["mode"] == mode and not one["commit"].endswith("-changed")]
    return max(others, key=lambda one: (one["date"], one.get("written_at", "")), default=None)


def change(one, last):
    """Of the ratio, since the last result; of what has the same name there."""
    was = next((other for other in last["rows"] if other["row"] == one["row"]), None) if last else None
    return f"{(one['ratio'] / was['ratio'] - 1) * 100:+.0f} %" if was and was["ratio"] else "–"


def reasons():
    """Why a row misses, by its number: bench/misses.md."""
    parts = re.split(r"^## (\d+)[^\n]*\n", Path("bench/misses.md").read_text(), flags=re.M)
    return dict(zip(map(int, parts[1::2]), (part.strip() for part in parts[2::2])))


def cells_of(one, last):
    return [one["number"] or "", one["row"], number(one["emporion"]), number(one["limit"]), one["unit"], number(one["ratio"]), one["target"], verdict(one), change(one, last), one["limit_is"]]


HEAD = ["#", "row", "Emporion", "limit", "unit", "ratio", "target", "verdict", "since the last", "the limit"]


def markdown(result, last):
    made_on = result["machine"]
    yield f"# Benchmarks of {result['commit']}, {result['date']}"
    yield ""
    yield f"`{result['command']}` ({result['mode']}, {result['seconds']} s) on {made_on['cores']} cores ({made_on['processor']}), {made_on['memory_gib']} GiB, Linux {made_on['kernel']},"
    yield f"{made_on['postgresql']}, durable (fsync and synchronous_commit on). Load average at the start: {' '.join(str(one) for one in made_on['load_average_at_start'])}."
    yield f"The load generator shares the cores. What each row means, and does not show: [bench/README.md](../README.md). The last result: {last['commit'] if last else 'none'}."
    yield ""
    yield from table(HEAD, (cells_of(one, last) for one in result["rows"]))
    yield ""
    yield f"The audit after {result['orders']:,} orders is clean: {result['invariants_held']} invariants hold. Refused or unanswered calls: {result['errors'] or 'none'}."
    yield ""
    why = reasons()
    missed = sorted({one["number"] for one in result["rows"] if (short_of(one["ratio"], one["target"]) or 0) > 1})
    if missed:
        yield "## What misses, and why"
        yield ""
        for row_number in missed:
            yield f"- **{row_number or 'Parts'}**: {why.get(row_number, 'nothing is known yet.')}"
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


STYLE = """:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{padding:.35rem .6rem;border-bottom:1px solid #8886;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.bar{position:relative;min-width:11rem;height:1.1em;background:#8883}
.bar i{position:absolute;inset:0 auto 0 0;background:#2a78d6}.bar.missed i{background:#c2571a}.bar b{position:absolute;top:-.2em;bottom:-.2em;left:50%;width:2px;background:currentColor}"""


def page(result, last):
    """One page that needs no network: each row with how near it comes to its target, on a scale of a hundredth to a hundred times."""
    text = lambda value: html.escape(str(value))
    yield f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Emporion, {text(result['commit'])}</title><style>{STYLE}</style>"
    yield f"<h1>Benchmarks of {text(result['commit'])}</h1><p>{text(result['date'])}, <code>{text(result['command'])}</code>, {result['machine']['cores']} cores"
    yield f"({text(result['machine']['processor'])}), {text(result['machine']['postgresql'])}, durable. The line in each bar is the target; a bar that passes it meets it; the scale is"
    yield "logarithmic, from a hundredth of the target to a hundred times of it."
    yield f"<div class=scroll><table><tr><th>against the target{''.join(f'<th>{text(name)}' for name in HEAD)}"
    for one in result["rows"]:
        times = short_of(one["ratio"], one["target"])
        bar = ""
        if times is not None:
            share = min(100, max(1, 50 - 25 * math.log10(min(max(times, 1e-2), 1e2))))
            bar = f"<div class='bar{' missed' if times > 1 else ''}' role=img aria-label='{text(verdict(one))}'><i style='width:{share:.0f}%'></i><b></b></div>"
        yield f"<tr><td>{bar}" + "".join(f"<td{' class=n' if place in (2, 3, 5, 8) else ''}>{text(cell)}" for place, cell in enumerate(cells_of(one, last)))
    yield "</table></div></html>"


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
        "written_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": commit,
        "command": arguments.command,
        "mode": arguments.mode,
        "seconds": int(arguments.seconds),
        "machine": machine(arguments.load),
        "rows": sorted(rows + read_rows(arguments.raw / "reads.txt") + micro_rows(arguments.raw) + lines_of(arguments.raw / "rows.jsonl"), key=lambda one: one["number"] or 99),
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
    name = f"{result['date']}-{commit}" + ("" if arguments.mode == "full" else f"-{arguments.mode}")
    last = last_of(result["mode"], name)
    text = "\n".join(markdown(result, last)) + "\n"
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (RESULTS / f"{name}.md").write_text(text)
    (RESULTS / f"{name}.html").write_text("\n".join(page(result, last)) + "\n")
    print(text)
    print(f"written: {RESULTS / name}.json, .md and .html")
    idle = [one["write"] for one in result["lanes"] if mean_batch(one) <= 1]
    if idle:
        print(f"NOT IN USE, no batch above 1: the lanes of {', '.join(idle)}", file=sys.stderr)
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main())
