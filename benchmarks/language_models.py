"""How soon a language model in the process begins to write and how fast it writes, beside the bare engines.

    python benchmarks/language_models.py MODEL.gguf [--lengths 500 1500] [--rounds 5] [--threads 2] [--json FILE]

The same weights in every engine, one process, the engines in turn, so that what else the machine does hits all alike:
ratios are worth more than seconds. ``cold`` is a prompt whose very beginning is new; ``warm`` asks another question
about the evidence of the prompt before. Where OpenVINO does not read the weights, it is left out. ``copying`` asks for
sentences of the evidence, which is what prompt lookup is for.
"""

from __future__ import annotations

import argparse
import itertools
import json
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from llama_index.core.llms import ChatMessage, MessageRole

from articleqa.llm import close_llm, open_llm
from articleqa.llm.local import LocalModel
from articleqa.types import LanguageModelError

SAMPLES = Path(__file__).parent.parent / "src" / "articleqa" / "samples"
CONTEXT = 4096
ANSWER_TOKENS = 48
Ask = Callable[[str, str], Iterator[str]]


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lengths", type=int, nargs="+", default=[500, 1500], help="tokens of the prompts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = measured(options.model, options.lengths, options.rounds, options.threads)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measured(model: Path, lengths: list[int], rounds: int, threads: int) -> dict[str, Any]:
    """Medians for every engine that reads the model, and the ratios of ours to the bare ones."""
    kinds: dict[str, tuple[Callable[[Path, int], Ask], str]] = {
        "llama.cpp": (bare_llama_cpp, ""),
        "gguf:": (lambda path, threads: ours(f"gguf:{path}", threads), "llama.cpp"),
        "llama.cpp, prompt lookup": (lambda path, threads: bare_llama_cpp(path, threads, lookup=True), "llama.cpp"),
        "OpenVINO GenAI": (bare_openvino, ""),
        "openvino:": (lambda path, threads: ours(f"openvino:{path}", threads), "OpenVINO GenAI"),
        "OpenVINO GenAI, prompt lookup": (
            lambda path, threads: bare_openvino(path, threads, lookup=True),
            "OpenVINO GenAI",
        ),
    }
    opened: dict[str, Ask] = {}
    for kind, (opening, _) in kinds.items():
        try:
            opened[kind] = opening(model, threads)
            list(opened[kind]("Answer.", "Is it so?"))
        except (RuntimeError, LanguageModelError) as error:
            opened.pop(kind, None)
            print(f"{kind}: left out ({str(error).strip().splitlines()[-1]})", file=sys.stderr)
    counter = open_llm(f"gguf:{model}", context=CONTEXT, threads=1)
    if not isinstance(counter, LocalModel):
        raise LanguageModelError(f"{model} is not run in the process")
    seen: dict[str, dict[str, list[tuple[float, float]]]] = {kind: {} for kind in opened}
    for number in range(rounds):
        for length in lengths:
            evidence = f"Round {number}.{length}. {text_of(length)}"
            for kind, ask in opened.items():
                for case, question in (
                    ("cold", "What can be added?"),
                    ("warm", "How is a model chosen?"),
                    ("copying", "Repeat the first three sentences word for word."),
                ):
                    times = timed(ask(evidence, question), counter.count_tokens)
                    seen[kind].setdefault(f"{length} {case}", []).append(times)
                    print(f"{kind}: {length} {case}: {times[0]:.2f} s, {times[1]:.1f} tokens/s", file=sys.stderr)
    figures = {
        kind: {
            case: {"first token s": median(first for first, _ in times), "tokens/s": median(rate for _, rate in times)}
            for case, times in cases.items()
        }
        for kind, cases in seen.items()
    }
    ratios = {
        f"{kind} / {base}": {
            case: {name: round(value / figures[base][case][name], 3) for name, value in values.items()}
            for case, values in figures[kind].items()
        }
        for kind, (_, base) in kinds.items()
        if base in figures and kind in figures
    }
    return {"model": model.name, "rounds": rounds, "threads": threads, "engines": figures, "ratios": ratios}


def text_of(tokens: int) -> str:
    """About so many tokens of the sample articles."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.md"))).split()
    return " ".join(itertools.islice(itertools.cycle(words), int(tokens / 1.4)))


def timed(answer: Iterator[str], count: Callable[[str], int]) -> tuple[float, float]:
    """Seconds to the first piece, and tokens a second after it; a piece may be several tokens."""
    begun = time.perf_counter()
    pieces = [(time.perf_counter(), piece) for piece in answer]
    first, last = pieces[0][0], pieces[-1][0]
    return first - begun, count("".join(piece for _, piece in pieces[1:])) / max(1e-9, last - first)


def median(values: Iterator[float]) -> float:
    """The median, to be read."""
    return round(statistics.median(values), 3)


def ours(spec: str, threads: int) -> Ask:
    """A model as the settings name it."""
    llm = open_llm(spec, context=CONTEXT, threads=threads)
    if llm is None:
        raise LanguageModelError(f"{spec} names no model")

    def ask(evidence: str, question: str) -> Iterator[str]:
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=evidence),
            ChatMessage(role=MessageRole.USER, content=question),
        ]
        for response in llm.stream_chat(messages, max_tokens=ANSWER_TOKENS):
            if response.delta:
                yield response.delta

    try:
        list(ask("Answer.", "Is it so?"))
    except LanguageModelError:
        close_llm(llm)
        raise
    return ask


def bare_llama_cpp(model: Path, threads: int, *, lookup: bool = False) -> Ask:
    """llama.cpp's own server with its own settings, asked without HTTP."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.verbosity = 0
    parameters.ui = False
    parameters.port = 0
    if lookup:
        parameters.speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
    server = xllamacpp.Server(parameters)

    def ask(evidence: str, question: str) -> Iterator[str]:
        messages = [{"role": "system", "content": evidence}, {"role": "user", "content": question}]
        body = {"messages": messages, "max_tokens": ANSWER_TOKENS, "temperature": 0, "stream": True}
        return called(lambda write: server.handle_chat_completions(body, lambda chunk: write(_text(chunk))))

    return ask


def bare_openvino(model: Path, threads: int, *, lookup: bool = False) -> Ask:
    """OpenVINO GenAI's own pipeline, with its cache of prefixes."""
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.cache_size = 1
    properties: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    pipeline = openvino_genai.LLMPipeline(
        str(model), "CPU", scheduler_config=scheduler, **properties, **({"prompt_lookup": True} if lookup else {})
    )

    def ask(evidence: str, question: str) -> Iterator[str]:
        settings = pipeline.get_generation_config()
        settings.do_sample, settings.max_new_tokens = False, ANSWER_TOKENS
        if lookup:
            settings.num_assistant_tokens, settings.max_ngram_size = 5, 3
        history = [{"role": "system", "content": evidence}, {"role": "user", "content": question}]
        return called(lambda write: pipeline.generate(openvino_genai.ChatHistory(history), settings, write))

    return ask


def called(run: Callable[[Callable[[str], bool]], object]) -> Iterator[str]:
    """What an engine hands to a callback, as it comes: timed where it is heard, not where it is read."""
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def write(piece: str) -> bool:
        if piece:
            pieces.put(piece)
        return False

    def work() -> None:
        try:
            run(write)
        finally:
            pieces.put(None)

    threading.Thread(target=work, daemon=True).start()
    while (piece := pieces.get()) is not None:
        yield piece


def _text(chunk: dict[str, Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for choice in chunk.get("choices", ()))


if __name__ == "__main__":
    main()
