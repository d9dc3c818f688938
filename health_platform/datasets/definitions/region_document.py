"""Image/text documents: reports, shared documents and pictures that belong to a record."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail, visit
from health_platform.datasets.fields import Code, Document, Instant, Integer, Text
from health_platform.datasets.model import Dataset, Domain, by_day

DOCUMENT = Dataset(
    "document",
    "图文文档",
    domain=Domain.MEDICAL,
    subdomain="document",
    key=("document_no",),
    time=("created_at",),
    due=by_day(0),
    patient=PERSON,
    void="void",
    note="PDF、图片、DICOM 报告和 CDA 共享文档；内容加密存入文档库，表中只存摘要值。",
    fields=(
        key("document_no", "文档编号"),
        *person(),
        *visit(),
        *coded("document_type", "文档类型", "document_type", length=20, expected=True),
        Text("title", "标题", max_length=200, expected=True),
        Instant("created_at", "文档生成时间", required=True),
        Code("state", "文档状态代码", value_set="document_state", max_length=2),
        Code("media_type", "文档格式", value_set="media_type", max_length=100, required=True),
        Document("content", "文档内容", required=True),
        Integer("size", "文档字节数", maximum=2**40, unit="B"),
        Text("report_dataset", "所属记录数据集", max_length=40, note="如 emr_ex_clinical"),
        Text("report_id", "所属记录主键", max_length=80),
        Text("study_uid", "影像检查唯一号", max_length=70),
        Text("replaces", "所替换的文档编号", max_length=80),
        Text("language", "语种", max_length=10),
        *place(),
        *tail(),
    ),
)

DATASETS = (DOCUMENT,)
