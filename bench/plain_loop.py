"""An independent plain PyTorch loop over the batches of a RewardKit run, to compare the first steps with.

    python plain_loop.py BATCHES.json > STEPS.json

BATCHES.json comes from plain-loop.mjs: the model folder, the head, the token ids of every pair in order, and the
optimizer's settings. The loop shares only these with RewardKit. transformers computes the hidden states, one sequence
at a time without padding, autograd the gradients, torch.optim.AdamW the step. The loss is written out from the paper.
"""
import json
import sys
import time

import torch
from transformers import AutoModelForSequenceClassification

run = json.load(open(sys.argv[1]))
torch.set_num_threads(run["threads"])
model = AutoModelForSequenceClassification.from_pretrained(run["model"], num_labels=1, dtype=torch.float32)
model.train()
# transformers gives the embedding the pad token as padding_idx, which drops that row's gradient. Where pad is the end
# token, as in SmolLM2's folder, this is the very token that every reward is read from: 1 % of the gradient's norm.
model.get_input_embeddings().padding_idx = None
with torch.no_grad():
    model.score.weight.copy_(torch.tensor(run["head"]).reshape(1, -1))
optimizer = torch.optim.AdamW(
    model.parameters(), lr=run["learning_rate"], betas=run["adam_betas"], eps=run["adam_epsilon"],
    weight_decay=run["weight_decay"],
)


def reward(ids):
    hidden = model.base_model(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state[0, -1]
    return model.score(hidden)[0]


def log_sigmoid(x):
    return torch.nn.functional.logsigmoid(x)


results = []
for number, batch in enumerate(run["batches"]):
    start = time.time()
    if run["objective"] == "adaptive-margin":
        with torch.no_grad():
            mu = sum(float(reward(p["chosen"])) - float(reward(p["rejected"])) for p in batch) / len(batch)
    elif run["objective"] != "bradley-terry":
        raise SystemExit(f"no plain loop for {run['objective']}")
    optimizer.zero_grad()
    losses, margins = [], []
    for pair in batch:
        d = reward(pair["chosen"]).double() - reward(pair["rejected"]).double()
        below = run["objective"] == "adaptive-margin" and d.item() < mu
        loss = -log_sigmoid(d - mu) if below else -log_sigmoid(d)
        (loss / len(batch)).backward()
        losses.append(loss.item())
        margins.append(d.item())
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), run["max_grad_norm"])
    optimizer.step()
    results.append({"loss": sum(losses) / len(batch), "gradient_norm": float(norm), "mu": sum(margins) / len(batch), "seconds": time.time() - start})
    print(f"plain loop, step {number + 1}: {results[-1]}", file=sys.stderr, flush=True)
json.dump(results, sys.stdout)
