# A sparse DNN engine in Python and scipy, written from the README.txt of the test vectors alone.
#   engine.py WEIGHTS INPUT OUTPUT [--fault NAME]
#   engine.py --serve FOLDER
# A fault breaks one rule on purpose, to see whether the judge finds it. Starting Python with scipy takes longer than any
# vector; a server starts once and runs each of the commands that engine.sh sends it in a process of its own, until its
# standard input ends.
import os
import select
import signal
import sys

import numpy as np
import scipy.io
import scipy.sparse as sp

TYPES = {"fp64": np.float64, "fp32": np.float32, "fp16": np.float16, "bf16": np.float32, "int8": np.int8,
         "int16": np.int16, "int32": np.int32}


def read_network(folder):
    fields, layers = {}, []
    for line in open(folder + "/network.txt"):
        words = line.split()
        if words[0] == "layer":
            layers.append((int(words[3]), int(words[5])))
        else:
            fields[words[0]] = words[1]
    return fields, layers


def read_matrix(path, rows, columns, dtype):
    if path.endswith(".npz"):
        return sp.csr_matrix(sp.load_npz(path), dtype=dtype)
    if path.endswith(".mtx"):
        matrix = scipy.io.mmread(path)
        i, j, v = matrix.row, matrix.col, matrix.data
    else:
        lines = [line.split("\t") for line in open(path)]
        i = np.array([int(line[0]) - 1 for line in lines], dtype=int)
        j = np.array([int(line[1]) - 1 for line in lines], dtype=int)
        v = np.array([float(line[2]) for line in lines])
    if fault != "sums-duplicates" and len(set(zip(i.tolist(), j.tolist()))) != len(i):
        sys.exit(path + ": an entry stands twice")
    return sp.csr_matrix(sp.coo_matrix((v.astype(dtype), (i, j)), shape=(rows, columns)))


def product(Y, W, dtype):
    # The pattern of Y W, products that cancel included, beside its values.
    pattern = sp.csr_matrix((np.ones(Y.nnz), Y.indices, Y.indptr), shape=Y.shape) @ sp.csr_matrix(
        (np.ones(W.nnz), W.indices, W.indptr), shape=W.shape)
    if fault == "float16-sums" and dtype in (np.float32, np.float64):
        Z = np.zeros((Y.shape[0], W.shape[1]), dtype=np.float16)
        for s in range(Y.shape[0]):
            for p in range(Y.indptr[s], Y.indptr[s + 1]):
                row = slice(W.indptr[Y.indices[p]], W.indptr[Y.indices[p] + 1])
                Z[s, W.indices[row]] += np.float16(Y.data[p]) * W.data[row].astype(np.float16)
        return Z.astype(dtype), pattern.toarray() > 0
    return (Y @ W).toarray().astype(dtype), pattern.toarray() > 0


def infer(fields, layers, folder, suffix, Y, dtype):
    cap = None if fields["cap"] == "none" else float(fields["cap"])
    for k, (inputs, outputs) in enumerate(layers, start=1):
        W = read_matrix("%s/weights-%d%s" % (folder, k, suffix), inputs, outputs, dtype)
        b = read_matrix("%s/bias-%d%s" % (folder, k, suffix), 1, outputs, dtype).toarray()[0]
        if fault == "transposed" and inputs == outputs:
            W = sp.csr_matrix(W.T)
        if fault == "weight-rows-off-by-one":
            W = sp.vstack([sp.csr_matrix((1, outputs), dtype=dtype), W[:-1]]).tocsr()
        live = np.diff(Y.indptr) > 0
        if fault == "bias-on-dead":
            live[:] = True
        Z, there = product(Y, W, dtype)
        if fields["bias_on"] == "live-samples" or fault in ("bias-on-missing", "bias-on-dead"):
            there = np.broadcast_to(live[:, None], there.shape)
        if fault == "cap-before-bias" and cap is not None:
            Z = np.minimum(Z, dtype(cap))
        Z = np.where(there, Z + (-b if fault == "bias-negated" else b), 0).astype(dtype)
        keep = there & (Z >= 0 if fault == "zeros-kept" else Z > 0)
        if fault == "relu-forgotten":
            keep = there
        if cap is not None and fault not in ("no-cap", "cap-before-bias") and (
                fault != "cap-at-the-end" or k == len(layers)):
            Z = np.minimum(Z, dtype(cap))
        rows, columns = np.nonzero(keep)
        Y = sp.csr_matrix((Z[rows, columns], (rows, columns)), shape=Z.shape)
    return Y


def read_inputs(path, rows, columns, dtype):
    Y = read_matrix(path, rows, columns, dtype)
    if fault == "inputs-off-by-one":
        Y = sp.hstack([sp.csr_matrix((rows, 1), dtype=dtype), Y[:, :-1]]).tocsr()
    return Y


def write_output(path, Y):
    if path.endswith(".npz"):
        sp.save_npz(path, Y.tocsr())
    elif path.endswith(".mtx"):
        # As many digits as it takes to read the same value back.
        scipy.io.mmwrite(path, Y, precision=17 if Y.dtype == np.float64 else 9)
    else:
        first = 0 if fault == "zero-based-output" else 1
        with open(path, "w") as out:
            for i, j, v in zip(Y.row, Y.col, Y.data):
                out.write("%d\t%d\t%r\n" % (i + first, j + first, v.item()))


def main(arguments):
    global fault
    folder, source, target = arguments[:3]
    fault = arguments[4] if len(arguments) > 4 else ""
    fields, layers = read_network(folder)
    dtype = TYPES[fields["precision"]]
    suffix = source[source.rindex("."):]
    Y = read_inputs(source, int(fields["samples"]), layers[0][0], dtype)
    write_output(target, infer(fields, layers, folder, suffix, Y, dtype).tocoo())


def answer(command):
    reply, *arguments = command.rstrip("\n").split("\t")
    try:
        main(arguments)
        words = "0"
    except SystemExit as end:
        words = "1 %s" % end.code
    except BaseException as error:
        words = "1 %r" % error
    with open(reply, "w") as out:
        out.write(words.replace("\n", " ") + "\n")


def serve(folder):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    # For writing too: without a writer it would end.
    commands = os.fdopen(os.open(folder + "/commands", os.O_RDWR), "rb", buffering=0)
    open(folder + "/ready", "w").close()
    while True:
        if sys.stdin in select.select([sys.stdin, commands], [], [])[0]:
            return
        command = commands.readline().decode()
        if os.fork() == 0:
            signal.alarm(300)  # whoever asked may be gone
            answer(command)
            os._exit(0)


np.seterr(over="ignore")
if sys.argv[1] == "--serve":
    serve(sys.argv[2])
else:
    main(sys.argv[1:])
