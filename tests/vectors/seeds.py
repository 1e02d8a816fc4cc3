# SPDX-License-Identifier: BSD-2-Clause
"""Write the seed corpora of the wire decoders: seeds.py

Valid inputs are where a fuzzer starts from; a few of each are enough, it finds
the invalid ones itself.  Seeds that a fuzzer or a bug added are left alone.
"""

import json
import pathlib
import struct

import vectors_chain

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parent / "fuzz" / "corpus"


def load(name):
    return json.loads((HERE / name).read_text())


def write(decoder, seeds):
    folder = CORPUS / decoder
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds):
        (folder / ("seed-%02d" % number)).write_bytes(data)


def chain_seed(chain, refused=False):
    """The statements of a chain, as fuzz_chain takes them."""
    out, before = b"", None
    for step in chain.steps:
        if "error" in step and not refused:
            continue
        st = statement_of(step["envelope"])
        hours = (step["seen"] - before) // 3600 if before else 0
        before = step["seen"]
        out += struct.pack(">HB", len(st), min(hours, 255)) + st
    return out


def statement_of(envelope):
    assert envelope[0] == 0x82
    if envelope[1] == 0x58:
        return envelope[3:3 + envelope[2]]
    return envelope[4:4 + int.from_bytes(envelope[2:4], "big")]


def question(v):
    """About a bundle, as fuzz_evidence takes it."""
    def string(text):
        data = bytes.fromhex(text)
        return struct.pack(">H", len(data)) + data

    return (bytes([1, v["alg"]]) + bytes.fromhex(v["key"])
            + string(v["bundle"]) + bytes([len(v["roots"])])
            + b"".join(string(r) for r in v["roots"]))


def main():
    statements = [bytes.fromhex(v["hex"])
                  for v in load("statement.json")["valid"]]
    write("statement", statements)
    write("cbor", statements[:6] + [
        bytes.fromhex(h) for h in (
            "a4010203262001215820" + "00" * 32, "83f4f5f6", "8181818101",
            "a26161016162820203", "3b7fffffffffffffff", "62c3bc")])
    write("sshsig", [bytes.fromhex(v["hex"])
                     for v in load("sshsig.json")["valid"]] +
          [bytes.fromhex(load("sshsig.json")["valid"][1]["blob"])])
    write("envelope", [
        bytes.fromhex(s["envelope"])
        for c in load("chain.json")["chains"][:3] for s in c["steps"][:3]])
    codes = load("codes.json")
    write("bech32m", [v["text"].encode() for v in
                      codes["public"]["valid"] + codes["public"]["spelt"] +
                      codes["bech32m"]["valid"]])
    write("live_party", [bytes.fromhex(v["hex"]) for v in
                         codes["party"]["valid"]
                         + codes["party"]["invalid"][:4]])
    attest = load("attest.json")
    write("attestation", [bytes.fromhex(v["hex"]) for v in
                          attest["valid"] + attest["invalid"][1:6]])
    bundle = load("bundle.json")
    write("bundle", [bytes.fromhex(v["hex"]) for v in
                     bundle["valid"][:6] + bundle["invalid"][1:6]])
    write("evidence", [question(v) for v in
                       load("evidence.json")["cases"][::3]] + [
        bytes.fromhex(h) for h in (
            "010000000759756269" "4b6579" "01050704" "01000012670203",
            "0100de02", "0100df04")])
    write("live", ["\n".join(v["moves"]).encode() for v in codes["live"]])
    write("chain", [chain_seed(c) for c in (
        vectors_chain.ordinary(), vectors_chain.enrolment(),
        vectors_chain.recovery(), vectors_chain.veto(),
        vectors_chain.full())] + [chain_seed(c, refused=True) for c in (
            vectors_chain.ordinary(), vectors_chain.enrolment(),
            vectors_chain.recovery(), vectors_chain.order())] + [
        chain_seed(vectors_chain.attestations(), refused=True),
        chain_seed(vectors_chain.cards(), refused=True)])


if __name__ == "__main__":
    main()
