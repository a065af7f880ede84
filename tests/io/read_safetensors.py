# Reads a .safetensors file by the published layout alone, with nothing of ours, and prints each array.
import json, struct, sys
import numpy

types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "|i1", "I16": "<i2", "I32": "<i4", "I64": "<i8",
         "U8": "|u1", "U16": "<u2", "U32": "<u4", "U64": "<u8"}
with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()
metadata = header.pop("__metadata__")
assert all(isinstance(value, str) for value in metadata.values())
at = 0
for name, array in header.items():
    begin, end = array["data_offsets"]
    assert begin == at, "the format allows no holes"
    at = end
    values = numpy.frombuffer(data[begin:end], dtype=types[array["dtype"]]).reshape(array["shape"])
    if not name.startswith("padding."):
        print(name, array["dtype"], *values.tolist())
assert at == len(data)
