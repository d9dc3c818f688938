"""recordlinkage as a control: ECM over a union of five blocks.

``python -m benchmarks.peer_recordlinkage RECORDS.csv OUT.csv``
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import recordlinkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def main() -> None:
    """Link one FEBRL file and write its clusters."""
    records = pd.read_csv(sys.argv[1], index_col="rec_id", dtype=str)
    records.columns = [name.strip() for name in records.columns]
    index = recordlinkage.Index()
    for key in ("given_name", "surname", "date_of_birth", "soc_sec_id", "address_1"):
        index.block(key)
    pairs = index.index(records)
    compare = recordlinkage.Compare()
    for name in ("given_name", "surname", "address_1", "address_2", "suburb"):
        compare.string(name, name, method="jarowinkler", threshold=0.85)
    for name in ("date_of_birth", "soc_sec_id", "postcode", "state"):
        compare.exact(name, name)
    features = compare.compute(pairs, records)
    links = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    place = {key: number for number, key in enumerate(records.index)}
    left, right = [place[a] for a, _ in links], [place[b] for _, b in links]
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(len(records), len(records)))
    _, labels = connected_components(graph, directed=False)
    pd.DataFrame({"rec_id": records.index, "cluster_id": labels}).to_csv(sys.argv[2], index=False)


if __name__ == "__main__":
    main()
