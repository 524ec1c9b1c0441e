"""A base is a model that can write, or an error that says why not; a chat and its answer are one row of tokens."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import peft
import pytest
import torch
import transformers
from made_models import write_tiny_bert

from loop.errors import ModelError
from loop.models.generation.bases import answer_ids, context_length, end_token, load_base, messages, prompt_ids
from loop.models.generation.folders import FolderAbout, load_folder, read_about, save_folder, untuned
from loop.records import Message

pytestmark = pytest.mark.slow

CHAT = (Message("system", "Be brief."), Message("user", "Where is my refund?"))


def test_a_base_writes_on_the_processor_in_float32_and_pads_on_the_left(tiny_writer: Path) -> None:
    base = load_base(str(tiny_writer))
    assert base.name == str(tiny_writer.resolve())
    assert not base.model.training
    assert base.tokenizer.padding_side == "left"
    if not torch.cuda.is_available():
        assert {weight.dtype for weight in base.model.parameters()} == {torch.float32}
    assert context_length(base.model) == 256


def test_a_tokenizer_without_a_padding_token_pads_with_the_end_token(tiny_writer: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_writer, tmp_path / "copy")
    config = tmp_path / "copy" / "tokenizer_config.json"
    said = json.loads(config.read_text())
    del said["pad_token"]
    config.write_text(json.dumps(said))
    tokenizer = load_base(str(tmp_path / "copy")).tokenizer
    assert tokenizer.pad_token_id == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("minilm", '"minilm" is a text encoder, which does not write; wanted: a causal language model such as'),
        ("nobody/nothing-here", "base model nobody/nothing-here is not on this machine and the Hugging Face Hub"),
        ("./nowhere", "no folder nowhere"),
        ("a b c", "the configuration of base model a b c cannot be read"),
    ],
)
def test_a_base_that_cannot_be_had_is_told(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_base(name)


def test_an_encoder_does_not_write(tmp_path: Path) -> None:
    write_tiny_bert(tmp_path, seed=0)
    with pytest.raises(ModelError, match="is a bert model, which does not write"):
        load_base(str(tmp_path))


def test_a_base_without_a_tokenizer_is_told(tiny_writer: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tiny_writer / name, tmp_path / name)
    with pytest.raises(ModelError, match="tokenizer"):
        load_base(str(tmp_path))


def test_a_folder_has_no_revision(tiny_writer: Path) -> None:
    with pytest.raises(ModelError, match="is a folder and revision is abc; to do: remove the revision"):
        load_base(str(tiny_writer), revision="abc")


def test_damaged_weights_are_told(tiny_writer: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_writer, tmp_path / "copy")
    (tmp_path / "copy" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="the weights of base model .* cannot be read"):
        load_base(str(tmp_path / "copy"))


def test_a_whole_chat_is_the_prompt_followed_by_the_answer(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    answer = "Your refund of 20 euros was sent today."
    whole = tokenizer.apply_chat_template(messages((*CHAT, Message("assistant", answer))), return_dict=False)
    assert prompt_ids(tokenizer, CHAT) + answer_ids(tokenizer, answer) == whole


def test_without_a_template_a_prompt_is_its_contents_and_a_line_break(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    tokenizer.chat_template = None
    assert tokenizer.decode(prompt_ids(tokenizer, CHAT)) == "Be brief.\n\nWhere is my refund?\n"
    assert prompt_ids(tokenizer, ())


def test_an_answer_ends_with_the_token_that_the_template_puts_there(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    assert answer_ids(tokenizer, "")[-1] == tokenizer.eos_token_id
    other = load_base(str(tiny_writer)).tokenizer
    other.add_special_tokens({"additional_special_tokens": ["<turn_ends>"]})
    other.chat_template = "{% for m in messages %}{{ m['content'] + '<turn_ends>\n' }}{% endfor %}"
    assert end_token(other) == other.convert_tokens_to_ids("<turn_ends>") != other.eos_token_id


def test_a_template_that_refuses_a_role_is_told(tiny_writer: Path) -> None:
    tokenizer = load_base(str(tiny_writer)).tokenizer
    tokenizer.chat_template = "{{ raise_exception('System role not supported') }}"
    with pytest.raises(ModelError, match="refuses a chat of the roles system, user .System role not supported"):
        prompt_ids(tokenizer, CHAT)


def test_an_untuned_folder_stands_for_its_base_without_its_weights(tiny_writer: Path, tmp_path: Path) -> None:
    untuned(tmp_path / "first", base=str(tiny_writer))
    assert [path.name for path in (tmp_path / "first").iterdir()] == ["weakspot.json"]
    base, loaded = load_base(str(tiny_writer)), load_folder(tmp_path / "first")
    assert (loaded.name, loaded.revision) == (base.name, None)
    assert all(map(torch.equal, base.model.parameters(), loaded.model.parameters()))


def test_a_folder_says_what_it_was_tuned_from_and_on(adapted: Path, taught_writer: Path) -> None:
    about = read_about(adapted)
    assert (about.base, about.adapt, about.method, about.seed) == (str(taught_writer.resolve()), "lora", "sft", 3)
    assert about.data == {"demonstrations": 6}


def test_a_folder_loads_without_weakspot(adapted: Path, whole: Path) -> None:
    plain = transformers.AutoModelForCausalLM.from_pretrained(whole)
    assert all(map(torch.equal, plain.parameters(), load_folder(whole).model.cpu().parameters()))
    model = peft.AutoPeftModelForCausalLM.from_pretrained(adapted)
    theirs, ours = model.state_dict(), load_folder(adapted).model.cpu().state_dict()
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)


def test_only_what_was_tuned_can_be_tuned_on(adapted: Path, whole: Path) -> None:
    model = load_folder(adapted, trainable=True).model
    assert {"lora_" in name for name, weight in model.named_parameters() if weight.requires_grad} == {True}
    assert not any(weight.requires_grad for weight in load_folder(adapted).model.parameters())
    assert all(weight.requires_grad for weight in load_folder(whole, trainable=True).model.parameters())


def test_a_base_that_moved_is_told(tiny_writer: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_writer, tmp_path / "base")
    untuned(tmp_path / "first", base=str(tmp_path / "base"))
    (tmp_path / "base").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="is not at .*base any more; to do: put it back, or write its new place"):
        load_folder(tmp_path / "first")


def test_a_foreign_or_damaged_folder_is_told(adapted: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no model of weakspot"):
        load_folder(tmp_path)
    shutil.copytree(adapted, tmp_path / "copy")
    (tmp_path / "copy" / "adapter_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"the model in .*copy is damaged"):
        load_folder(tmp_path / "copy")
    (tmp_path / "copy" / "weakspot.json").write_text("{}")
    with pytest.raises(ModelError, match=r"weakspot.json is damaged"):
        load_folder(tmp_path / "copy")


def test_a_model_is_saved_as_what_it_is(whole: Path, tiny_writer: Path, tmp_path: Path) -> None:
    model, about = load_folder(whole), FolderAbout(base=str(tiny_writer), revision=None, adapt="lora")
    with pytest.raises(ModelError, match="a model tuned as full cannot be saved as 'lora'; wanted: adapt \"full\""):
        save_folder(model.model, model.tokenizer, tmp_path / "out", about=about)
