"""trl's trainers with what they lack: our tokens, the certainty of each pair, and no word to anybody outside.

Imitation (SFT)   Preference (DPO)   Desirability (KTO)   OddsRatio (ORPO)      from Rows (loop.models.generation.data)

A pair people are sure of with probability c costs c of the loss as it stands and 1 - c of the loss with the answers
swapped (conservative DPO: Mitchell 2023, A note on DPO with noisy preferences): its best margin is log(c / (1 - c)),
not infinity, and a coin flip (c = 0.5) is best left as it is. Imitating `chosen` weighs its trust, 2c - 1, for the same
reason; so do KTO, which sees no pairs, and ORPO, which has no reference: there the swapped loss would pull the two
answers of a coin flip to equal odds, wherever they were.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional
from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference, KTOTrainer
from trl.trainer.rloo_trainer import RLOOTrainer
from trl.trainer.sft_trainer import SFTTrainer

from loop.models.generation.bases import prompt_ids
from loop.records import Message

with warnings.catch_warnings():
    # trl says of every import from here that it may change; the version is pinned below 2 for that.
    warnings.simplefilter("ignore")
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

__all__ = [
    "Beside",
    "Desirability",
    "GroupRelative",
    "Imitation",
    "LeaveOneOut",
    "ORPOConfig",
    "OddsRatio",
    "Preference",
    "Prepared",
    "conservative",
]


def conservative(margin: torch.Tensor, certainty: torch.Tensor) -> torch.Tensor:
    """(n,) -c log s(m) - (1 - c) log s(-m) with s the logistic function: least where s(m) = c."""
    return -functional.logsigmoid(margin) + (1 - certainty) * margin


class Discreet:
    """What all of them share: no telemetry, no model card."""

    def _send_telemetry(self) -> None:
        """trl reports model kind, graphics card and versions to the Hub when it may; weakspot reports nothing."""

    def create_model_card(self, *_args: Any, **_kwargs: Any) -> None:
        """trl writes one beside each checkpoint."""


class Prepared(Discreet):
    """The data set is made of tokens already."""

    def _prepare_dataset(self, dataset: Any, *_args: Any, **_kwargs: Any) -> Any:
        return dataset


class Imitation(Prepared, SFTTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """SFT on columns of `imitation_columns`."""


class Preference(Prepared, DPOTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """DPO with the certainty of each pair and the likelihood of what was chosen (`preference_columns`)."""

    def __init__(self, *, sft_weight: float, **rest: Any) -> None:
        """rest: as DPOTrainer, with precompute_ref_log_probs; the model as given is the reference."""
        pad = rest["processing_class"].pad_token_id
        super().__init__(data_collator=Beside(DataCollatorForPreference(pad), ("certainty", "paired")), **rest)
        self.sft_weight = sft_weight
        _forget_reference(self.model)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,  # noqa: ARG002  # transformers' signature
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Mean over the batch; `sft_weight` times the loss per token of chosen answers is added, trust-weighted."""
        certainty, paired = inputs["certainty"], inputs["paired"]
        labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
        # trl's own forward: log-probabilities of the labels without the logits of the whole vocabulary.
        read = model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            labels=labels,
            use_cache=False,
            fused_lm_head=True,
        )
        chosen, rejected = read.log_probs.sum(dim=1).chunk(2)
        margin = self.beta * (chosen - inputs["ref_chosen_logps"] - rejected + inputs["ref_rejected_logps"])
        imitated = torch.where(paired > 0, self.sft_weight * (2 * certainty - 1), 1.0)
        tokens = inputs["completion_mask"].chunk(2)[0].sum()
        preference = (paired * conservative(margin, certainty)).mean()
        loss: torch.Tensor = preference - (imitated * chosen).sum() / tokens
        return loss


class Desirability(Prepared, KTOTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """KTO with each answer weighed by the trust in its pair (`desirability_columns`)."""

    def __init__(self, **rest: Any) -> None:
        """rest: as KTOTrainer, with precompute_ref_log_probs; the model as given is the reference."""
        pad = rest["processing_class"].pad_token_id
        super().__init__(data_collator=Beside(DataCollatorForUnpairedPreference(pad), ("trust",)), **rest)
        _forget_reference(self.model)

    def compute_loss(
        self, model: Any, inputs: dict[str, torch.Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """trl's KTO loss; its weights of the two sides become one of each answer."""
        trust: Any = inputs.pop("trust")
        self.desirable_weight, self.undesirable_weight = trust[inputs["label"]], trust[~inputs["label"]]
        trls: Any = super()
        loss: torch.Tensor = trls.compute_loss(model, inputs, return_outputs, num_items_in_batch)
        return loss


class OddsRatio(Discreet, ORPOTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """ORPO (Hong et al. 2024, 2403.07691) with the certainty of each pair (`preference_columns`)."""

    def tokenize_row(self, feature: dict[str, Any], *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        """Our tokens under trl's names. A demonstration stands against itself: odds of 1, weight 0."""
        prompt, row = feature["prompt_ids"], {}
        for side in ("chosen", "rejected"):
            answer = feature[f"{side}_ids"] or feature["chosen_ids"]
            row[f"{side}_input_ids"] = prompt + answer
            row[f"{side}_attention_mask"] = [1] * len(prompt + answer)
            row[f"{side}_labels"] = [-100] * len(prompt) + answer
        return row

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,  # noqa: ARG002  # transformers' signature
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Mean over the batch of trust x (loss per token of the chosen answer + beta x loss of the odds ratio)."""
        chosen, rejected = self.concatenated_forward(model, inputs)[:2]
        certainty = torch.tensor(inputs["certainty"], device=chosen.device, dtype=chosen.dtype)
        paired = torch.tensor(inputs["paired"], device=chosen.device, dtype=chosen.dtype)
        odds = chosen - rejected - (_log_complement(chosen) - _log_complement(rejected))
        trust = 2 * certainty - 1
        loss: torch.Tensor = (trust * (-chosen - self.beta * paired * functional.logsigmoid(odds))).mean()
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """trl's own looks for figures that our loss does not store."""
        self._stored_metrics["train" if "loss" in logs else "eval"].clear()
        super().log(logs, start_time)


class OurPrompts(Discreet):
    """For trainers that let the model write: prompts become tokens as everywhere in weakspot."""

    processing_class: Any

    def _tokenize_prompts(
        self, prompts: Sequence[Sequence[dict[str, str]]]
    ) -> tuple[list[list[int]], None, dict[str, Any]]:
        chats = [tuple(Message(turn["role"], turn["content"]) for turn in prompt) for prompt in prompts]
        return [prompt_ids(self.processing_class, chat) for chat in chats], None, {}


class LeaveOneOut(OurPrompts, RLOOTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """RLOO (Ahmadian et al. 2024, Back to Basics, 2402.14740)."""


class GroupRelative(OurPrompts, GRPOTrainer):  # type: ignore[misc, unused-ignore]  # trl has no types
    """GRPO (Shao et al. 2024, DeepSeekMath, 2402.03300)."""


class Beside:
    """trl's collator, and columns of figures beside what it makes."""

    def __init__(self, collate: Any, names: tuple[str, ...]) -> None:
        self.collate = collate
        self.names = names

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        figures = {name: torch.tensor([example[name] for example in examples]) for name in self.names}
        return {**self.collate(examples), **figures}


def _forget_reference(model: Any) -> None:
    """Drops the copy of the adapter that trl made: the reference's likelihoods were all taken before the first step."""
    if "ref" in getattr(model, "peft_config", {}):
        model.delete_adapter("ref")


def _log_complement(logprob: torch.Tensor) -> torch.Tensor:
    """log(1 - p) from log p, finite for p near 1."""
    return torch.log(-torch.expm1(logprob.clamp(max=-1e-6)))
