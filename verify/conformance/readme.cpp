#include "verify/conformance/files.hpp"

namespace oscillon::conformance {

std::string readme_text() {
  return R"(TEST VECTORS FOR SPARSE DEEP NEURAL NETWORK INFERENCE

Is an inference engine right? Each folder CASE/PRECISION here holds a small network, samples to feed it, and
what must come out. Run your engine on the network and the input, write down what it gives, and compare.

1. WHAT TO COMPUTE

A network has layers 1, 2, ... L. Layer k has weights W (a number on each edge from an input neuron i to an
output neuron j), a bias b (a number for each output neuron), and, the same for the whole network, a cap or
none. A sample is a list of values, one for each input neuron of layer 1, most of them missing. For each sample,
layer after layer:

  a. Z(j) = sum over i of Y(i) W(i,j), over the entries of Y and the weights that are there. Where there is no
     product at all, Z(j) is missing: it has no entry. (Products that add up to 0 are an entry.)
  b. Add the bias. network.txt says where:
       bias_on stored        to the entries of Z alone: where Z(j) is missing, b(j) is not added
       bias_on live-samples  to every output neuron of a sample that has an entry in Y; a missing Z(j) counts
                             as 0. A sample without any entry gets no bias under either rule: it stays empty.
  c. ReLU: keep what is > 0. What is 0 or less is no entry from here on.
  d. The cap, if there is one: what is above it becomes the cap.

What is left is Y for the next layer; after the last one it is the output. This is the rule of the sparse DNN
Graph Challenge, whose cap is 32 and whose bias is negative.

2. THE FILES

  README.txt      this text
  manifest.json   every vector: name, precision, what it tests, shapes; every file: bytes, checksum
  CHECKSUMS       the same checksums; `xxhsum --check CHECKSUMS` verifies the files (XXH3, 128 bits)

  CASE/PRECISION/expected.tsv     the output, entry by entry
  CASE/PRECISION/bounds.tsv       how far each entry may be off; where the file is not there: not at all
  CASE/PRECISION/categories.tsv   the samples that have an output entry, one number a line
  CASE/PRECISION/maxima.tsv       sample and neuron of the greatest output, where it is not tied
  CASE/PRECISION/FORMAT/          the network and its input, in one of four formats:

  tsv     network.txt, weights-1.tsv ... weights-L.tsv, bias-1.tsv ... bias-L.tsv, input.tsv
          One entry a line: row TAB column TAB value, numbers count from 1, no header. The format of the Graph
          Challenge. A file without lines is a matrix without entries.
  mtx     the same matrices as Matrix Market coordinate files
  npz     the same as scipy.sparse.save_npz writes them
  bundle  network.safetensors: all layers in one file; input.npz

  Of weights, row i and column j is the weight from neuron i to neuron j. Of a bias there is one row; what is
  missing is 0. Of the input and the output a row is a sample, a column a neuron.

  network.txt is for programs, a name and a value a line:
    precision fp32
    layers 2
    samples 5
    cap 32                  or: cap none
    bias_on stored          or: bias_on live-samples
    layer 1 inputs 4 outputs 6 weights 12
    layer 2 inputs 6 outputs 3 weights 9

  In network.safetensors (8 bytes length, JSON header, arrays) layer k, counted from 0, has the arrays
  layers.k.indptr, .indices, .values, .bias: its weights as compressed rows, by input. An array of one element
  stands for as many equal ones as are needed (values, bias), or for rows of so many entries each (indptr).

3. PRECISION

fp64, fp32, fp16, bf16, int8, int16, int32 say how values are stored, and the least that sums are kept in. Files
of text hold the very value (0.100000001490116...); npz holds bf16 as fp32.

Exact vectors, those without bounds.tsv, have values k/2^m, so chosen that every sum in every order is a number of
the precision. Whatever the order of your sums, and in any wider type, the output is the same: it must match bit
for bit. The others have bounds, derived by running error analysis for sums in any order: an entry is right when
it is within its bound.

4. HOW TO GIVE RESULTS

Write the output of CASE/PRECISION as output.tsv (or output.mtx, output.npz: samples x output neurons). Entries that
are 0 may be left out or written. Numbers are decimal, with a point, an exponent if need be, without a leading +.

One vector, duplicate-weight, is malformed on purpose: an entry stands in its weights twice. Your engine must end
with an exit code other than 0 and write no output.

5. HOW TO BE JUDGED

With the program oscillon, which made these vectors:

  oscillon vectors check HERE --engine "my-engine {weights} {input} {output}"

runs your engine on every vector; {weights} is the folder CASE/PRECISION/FORMAT, {input} the input file in it,
{output} the file to write. Or give results that you have already, RESULTS/CASE/PRECISION/output.tsv:

  oscillon vectors check HERE --results RESULTS

It tells which vectors pass, the worst entry of those that do not, and which rule your engine seems to break.
By hand: compare output.tsv with expected.tsv entry by entry, within bounds.tsv.
)";
}

}  // namespace oscillon::conformance
