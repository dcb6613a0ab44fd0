"""Computes a saved model's reward_check.json again with transformers.

    python check_rewards.py MODEL

It shares only the files of the folder with RewardKit. The folder's chat template renders the messages, AutoTokenizer
makes the ids, and AutoModelForSequenceClassification the rewards, one sequence at a time. RewardKit cuts a sequence
after its end token, or appends EOS; ids are compared up to there. If a message writes out a special token, or the
sequence was truncated, the two read it differently on purpose. The ids of the file are then used unchanged.
"""
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder = Path(sys.argv[1])
check = json.loads((folder / "reward_check.json").read_text(encoding="utf8"))
settings = json.loads((folder / "rewardkit.json").read_text(encoding="utf8"))
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()


def own_reading(entry):
    """The text and the ids that transformers makes of the messages."""
    if not tokenizer.chat_template:
        text = entry["text"]
        return text, tokenizer(text + tokenizer.eos_token)["input_ids"]
    text = tokenizer.apply_chat_template(entry["messages"], tokenize=False)
    return text, tokenizer(text, add_special_tokens=False)["input_ids"]


def same_ids(entry, ids):
    found = entry["ids"]
    special = [token for token in tokenizer.added_tokens_decoder.values() if token.special]
    if any(token.content in message["content"] for token in special for message in entry["messages"]):
        return "not compared"
    if len(found) >= settings["reading"]["max_length"]:
        return "not compared"
    return "same" if found == ids[: len(found)] or found == [*ids, tokenizer.eos_token_id] else "DIFFERENT"


failed = False
for entry in check["conversations"]:
    if "unreadable" in entry:
        print(f"{entry['name']:15} {entry['unreadable']}")
        continue
    text, ids = own_reading(entry)
    with torch.no_grad():
        reward = float(model(input_ids=torch.tensor([entry["ids"]])).logits[0, 0]) + settings.get("reward_constant", 0)
    difference = abs(reward - entry["reward"])
    agreement = "same" if text == entry["text"] else "DIFFERENT", same_ids(entry, ids)
    failed = failed or "DIFFERENT" in agreement or not difference <= check["tolerance"]
    print(f"{entry['name']:15} text {agreement[0]}, ids {agreement[1]}, reward {reward:.6f}, difference {difference:.1e}")
print(f"tolerance {check['tolerance']:.1e}: {'NOT the same model' if failed else 'ok'}")
sys.exit(1 if failed else 0)
