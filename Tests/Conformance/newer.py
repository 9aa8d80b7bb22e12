"""Makes the data of those official tests of a list that the published data lack, from the cases of the installed onnx.

usage: newer.py TESTS.txt DATA
"""

import pathlib
import sys
import warnings

from onnx.backend.test.case.node import collect_testcases
from onnx import TensorProto, numpy_helper


def write(folder, kind, values, names):
    for index, (value, name) in enumerate(zip(values, names)):
        tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(value, name)
        (folder / f"{kind}_{index}.pb").write_bytes(tensor.SerializeToString())


def main():
    data = pathlib.Path(sys.argv[2])
    listed = {line.split()[1] for line in pathlib.Path(sys.argv[1]).read_text().splitlines()}
    wanted = {name for name in listed if not any((data / kind / name).exists() for kind in ("node", "simple"))}
    if not wanted:
        return
    warnings.simplefilter("ignore")
    for case in collect_testcases():
        if case.name not in wanted:
            continue
        folder = data / case.kind / case.name
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(case.model.SerializeToString())
        for index, (inputs, outputs) in enumerate(case.data_sets):
            set_folder = folder / f"test_data_set_{index}"
            set_folder.mkdir()
            write(set_folder, "input", inputs, [value.name for value in case.model.graph.input])
            write(set_folder, "output", outputs, [value.name for value in case.model.graph.output])


main()
