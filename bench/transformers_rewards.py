"""Compares rewards.jsonl of an evaluation with what transformers computes from the same model folder.

    python transformers_rewards.py MODEL DATA.jsonl.gz EVALUATION [COUNT]

For a chat model and HH transcripts. Nothing is shared with RewardKit but the files: the transcript is parsed here, the
folder's own chat template and AutoTokenizer make the ids, AutoModelForSequenceClassification the reward, one sequence
at a time. Pairs that were truncated, or that differ before the last turn, are left out and counted.
"""
import gzip
import json
import re
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, data, evaluation = sys.argv[1:4]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 40
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
rows = [json.loads(line) for line in open(f"{evaluation}/rewards.jsonl")]
lines = list(gzip.open(data, "rt"))


def messages(transcript):
    parts = re.split(r"\n\n(Human|Assistant):", transcript)
    assert parts[0] == "", transcript[:80]
    roles = {"Human": "user", "Assistant": "assistant"}
    return [{"role": roles[r], "content": text.strip()} for r, text in zip(parts[1::2], parts[2::2])]


def reward(transcript):
    text = tokenizer.apply_chat_template(messages(transcript), tokenize=False)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    last = max(i for i, token in enumerate(ids) if token == tokenizer.eos_token_id)
    with torch.no_grad():
        return float(model(input_ids=torch.tensor([ids[: last + 1]])).logits[0, 0])


compared, skipped, largest, rewards = 0, 0, 0.0, []
for row in rows:
    pair = json.loads(lines[int(row["id"].removeprefix("line-")) - 1])
    shared = [m[:-1] for m in (messages(pair["chosen"]), messages(pair["rejected"]))]
    if row["truncated"] or shared[0] != shared[1]:
        skipped += 1
        continue
    for side in ("chosen", "rejected"):
        theirs = reward(pair[side])
        rewards.append(theirs)
        largest = max(largest, abs(theirs - row[f"{side}_reward"]))
    compared += 1
    if compared == count:
        break
deviation = float(torch.tensor(rewards).std())
print(f"{compared} pairs compared, {skipped} left out: largest difference {largest:.2e}, {largest / deviation:.2e} of the rewards' standard deviation {deviation:.3f}")
sys.exit(0 if largest <= 1e-4 * deviation else 1)
