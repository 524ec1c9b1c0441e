"""How should torch's threads wait for each other? Wall and CPU seconds of some training steps, alone and beside others.

    python tests/benchmarks/bench_waiting.py [--steps 15] [--repeats 3]

A new process for each run: 15 steps of a six-layer encoder (width 384, 16 texts of 40 tokens), as many threads as
cores. `ours` is what weakspot sets (loop.threads), `default` what torch has without it, numbers are GOMP_SPINCOUNT.
Beside it: as many busy loops as cores, or nothing. Medians; ratios are to `default` in the same surroundings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from loop import threads

ROOT = Path(__file__).resolve().parents[2]
BUSY = "while True: pass"
WORK = """
import sys, time
import torch, transformers
torch.manual_seed(0)
config = transformers.BertConfig(
    vocab_size=1000, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
)
model = transformers.BertModel(config, add_pooling_layer=False)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
ids = torch.randint(1000, (16, 40))
for step in range(int(sys.argv[1]) + 2):
    if step == 2:
        began, spent = time.perf_counter(), time.process_time()
    loss = model(input_ids=ids).last_hidden_state.square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(time.perf_counter() - began, time.process_time() - spent)
"""


def main() -> None:
    options = _options()
    ways: dict[str, dict[str, str]] = {
        "default": {},
        "passive": {"OMP_WAIT_POLICY": "passive"},
        "ours": threads.WAITING,
    }
    ways |= {count: {"GOMP_SPINCOUNT": count} for count in options.spins}
    print("| beside it | waiting | wall s | CPU s | wall, ratio | CPU, ratio |")
    print("|---|---|---|---|---|---|")
    for beside, loops in (("nothing", 0), ("busy loops", os.cpu_count() or 1)):
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(options.repeats):
            for way, variables in ways.items():
                found[way].append(measured(variables, loops=loops, steps=options.steps))
        wall, spent = (median(pair[place] for pair in found["default"]) for place in (0, 1))
        for way, pairs in found.items():
            own = [median(pair[place] for pair in pairs) for place in (0, 1)]
            ratios = f"{own[0] / wall:.2f} | {own[1] / spent:.2f}"
            print(f"| {beside} | {way} | {own[0]:.1f} | {own[1]:.1f} | {ratios} |", flush=True)


def measured(variables: dict[str, str], *, loops: int, steps: int) -> tuple[float, float]:
    """Wall and CPU seconds of the steps with these variables of the environment, beside so many busy loops."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    with ExitStack() as stack:
        for _ in range(loops):
            other = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(other.kill)
        time.sleep(0.2)
        command = [sys.executable, "-c", WORK, str(steps)]
        done = subprocess.run(command, env={**clean, **variables}, cwd=ROOT, capture_output=True, text=True, check=True)
    wall, spent = map(float, done.stdout.split()[-2:])
    return wall, spent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How torch's threads wait for each other")
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--spins", nargs="*", default=[], help="values of GOMP_SPINCOUNT that are tried too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
