"""A judge: questions → judgments → annotations.

    pair, ranking  asked as shown and back to front     rating  asked with the criteria in both orders

One criterion has no second order: without log probabilities its certainty is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from loop.errors import ConfigError, DataError
from loop.judge import prompts, verdicts
from loop.judge.certainty import certainty
from loop.judge.judgment import Judgment, Spent
from loop.judge.verdicts import Verdict
from loop.protocols import Generator, Progress, Sampling
from loop.records import Annotation, AnswerState, Chat, Form, Generation, Question
from loop.records.vocabulary import JUDGE_ID_PREFIX, JUDGE_PREFIX

ROOM = {"pair": 16, "ranking": 48, "rating": 64}
"""Tokens a judge may write; for "rating" as many again for each criterion beyond the third."""


def utc_now() -> str:
    """ISO 8601 in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Judge:
    """A model that answers questions of one form, at temperature 0.

    guidance: what a good answer is. model: the name it answers under, as "judge:NAME". max_new_tokens: what it may
    write, when `ROOM` is too little; a model that thinks aloud first needs some thousands. usage_of: tells what a
    prompt of the latest `generator.write` took (`EndpointGenerator.usage_of`); None: prompt tokens and cost are
    unknown. Raises ConfigError for a form that a judge cannot answer.
    """

    def __init__(
        self,
        generator: Generator,
        *,
        guidance: str,
        form: Form,
        model: str,
        max_new_tokens: int | None = None,
        usage_of: Callable[[Chat], Spent] | None = None,
        now: Callable[[], str] = utc_now,
    ) -> None:
        if form.kind not in ROOM:
            raise ConfigError(
                f"a judge cannot answer questions of the form {form.kind!r}",
                wanted="questions.form: " + ", ".join(ROOM),
                do="choose another form, or leave judge.url empty",
            )
        self._generator = generator
        self._guidance = guidance
        self._form = form
        self._usage_of = usage_of
        self._now = now
        self.annotator = f"{JUDGE_PREFIX}{model}"
        room = ROOM[form.kind] * max(1, math.ceil(len(form.criteria) / 3))
        self._sampling = Sampling(max_new_tokens=max_new_tokens or room)

    def annotations(self, questions: Sequence[Question], *, progress: Progress | None = None) -> tuple[Annotation, ...]:
        """One per question, in their order. Raises what `judgments` does.

        `raw` holds "model", "words", "probabilities", "certainty", "prompt_tokens", "completion_tokens" and "cost".
        """
        return tuple(self._annotation(one) for one in self.judgments(questions, progress=progress))

    def judgments(self, questions: Sequence[Question], *, progress: Progress | None = None) -> tuple[Judgment, ...]:
        """One per question, in their order; a prompt that comes up twice is asked and paid for once.

        progress: counts prompts. Raises DataError for a question that is not of the form, and what the generator
        raises: then nothing is known of any of them, so hand in no more at once than may be asked again.
        """
        asked = [self.chats(question) for question in questions]
        unique = list(dict.fromkeys(chat for chats in asked for chat in chats))
        written = self._generator.write(unique, sampling=self._sampling, seed=0, progress=progress) if unique else ()
        answers = {chat: generations[0] for chat, generations in zip(unique, written, strict=True)}
        unpaid = set(unique)
        found = []
        for question, chats in zip(questions, asked, strict=True):
            billed = [chat for chat in dict.fromkeys(chats) if chat in unpaid]
            unpaid -= set(billed)
            found.append(self._judgment(question.ext_id, chats, answers=answers, billed=billed))
        return tuple(found)

    def chats(self, question: Question) -> tuple[Chat, ...]:
        """The one or two askings of a question. Raises DataError when it is not of the form."""
        shown = question.candidates
        if len(shown) != self._form.candidates:
            raise DataError(
                f"question {question.ext_id} shows {len(shown)} answers",
                wanted=f"{self._form.candidates} for the form {self._form.kind!r}",
            )
        guidance, criteria = self._guidance, self._form.criteria
        if self._form.kind == "rating":
            orders = dict.fromkeys([tuple(criteria), tuple(criteria)[::-1]])
            return tuple(prompts.rating(question, criteria, order=order, guidance=guidance) for order in orders)
        ask = prompts.pair if self._form.kind == "pair" else prompts.ranking
        return tuple(ask(question, order, guidance=guidance) for order in (shown, shown[::-1]))

    def _judgment(
        self, ext_id: str, chats: Sequence[Chat], *, answers: Mapping[Chat, Generation], billed: Sequence[Chat]
    ) -> Judgment:
        """billed: the prompts that this question pays for."""
        askings = [answers[chat] for chat in chats]
        verdict = self._verdict([one.text for one in askings])
        probabilities = self._probabilities(askings, verdict)
        tokens, prompt_tokens, cost = self._bill(billed, answers)
        unknown = probabilities == (None,)
        return Judgment(
            ext_id=ext_id,
            state=AnswerState.MALFORMED if verdict is None else AnswerState.ANSWERED,
            label=verdict.label if verdict else None,
            certainty=None if verdict is None or unknown else certainty(verdict.agreement, probabilities),
            words=tuple(one.text for one in askings),
            probabilities=probabilities,
            completion_tokens=tokens,
            prompt_tokens=prompt_tokens,
            cost=cost,
        )

    def _verdict(self, words: Sequence[str]) -> Verdict | None:
        if self._form.kind == "pair":
            return verdicts.pair(words)
        if self._form.kind == "ranking":
            return verdicts.ranking(words, k=self._form.candidates)
        return verdicts.rating(words, criteria=tuple(self._form.criteria))

    def _probabilities(self, askings: Sequence[Generation], verdict: Verdict | None) -> tuple[float | None, ...]:
        """Of each asking's verdict; of ratings the geometric mean over the criteria."""
        marks = len(self._form.criteria) if self._form.kind == "rating" else 1
        bare = verdict.bare if verdict else (False,) * len(askings)
        return tuple(
            math.exp(one.logprob / marks) if alone and one.logprob is not None else None
            for one, alone in zip(askings, bare, strict=True)
        )

    def _bill(self, billed: Sequence[Chat], answers: Mapping[Chat, Generation]) -> tuple[int, int | None, float | None]:
        """(completion tokens, prompt tokens, cost)."""
        if self._usage_of is None:
            return sum(answers[chat].tokens for chat in billed), None, None
        spent = [self._usage_of(chat) for chat in billed]
        return (
            sum(one.completion_tokens for one in spent),
            sum(one.prompt_tokens for one in spent),
            math.fsum(one.cost for one in spent),
        )

    def _annotation(self, judged: Judgment) -> Annotation:
        moment = self._now()
        return Annotation(
            id=f"{JUDGE_ID_PREFIX}{judged.ext_id}",
            ext_id=judged.ext_id,
            annotator=self.annotator,
            state=judged.state,
            label=judged.label,
            flags=(),
            note="",
            suggestion=None,
            lead_time_s=None,
            created_at=moment,
            updated_at=moment,
            raw={
                "model": self.annotator.removeprefix(JUDGE_PREFIX),
                "words": list(judged.words),
                "probabilities": list(judged.probabilities),
                "certainty": judged.certainty,
                "prompt_tokens": judged.prompt_tokens,
                "completion_tokens": judged.completion_tokens,
                "cost": judged.cost,
            },
        )
