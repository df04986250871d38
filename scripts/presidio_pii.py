"""Reads texts with Presidio's analyzer, for `make bench-guards` to compare with.

In: JSON lines of texts on standard input. Out: one JSON line for each, a list of {type, start, end,
score} in characters, then one with the seconds taken. The analyzer is as small as it can be: a
blank spaCy model, so no names and places, and its default English recognisers.
"""

import json
import logging
import sys
import time

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
import spacy


class BlankEngine(SpacyNlpEngine):
    """A tokenizer and nothing else: trained models are not on the package index."""

    def load(self) -> None:
        self.nlp = {"en": spacy.blank("en")}


def main() -> None:
    # It reports that it could not fetch a newer list of domain endings and uses its own.
    logging.disable(logging.CRITICAL)
    engine = BlankEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.load()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    texts = [json.loads(line) for line in sys.stdin]
    analyzer.analyze("warm up 202-456-1111", language="en")
    started = time.perf_counter()
    results = [analyzer.analyze(text, language="en") for text in texts]
    seconds = time.perf_counter() - started
    for found in results:
        print(json.dumps([
            {"type": one.entity_type, "start": one.start, "end": one.end, "score": one.score} for one in found
        ]))
    print(json.dumps({"seconds": seconds}))


main()
