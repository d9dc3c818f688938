"""The macros every page is made of."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import pytest
from flask import Flask, render_template_string
from lxml import html
from marshmallow import fields, validate

from browser_ui.filters import MISSING, duration
from browser_ui.forms import FormField, choices, form_of
from browser_ui.tables import Column, Page


class UserIn(ma.Schema):
    id = fields.Integer(dump_only=True)
    real_name = fields.String(required=True, validate=validate.Length(max=20), metadata={"label": "姓名"})
    sex = fields.String(validate=validate.OneOf(["1", "2"], ["男", "女"]), metadata={"label": "性别"})
    born = fields.Date(metadata={"label": "出生日期"})
    lines = fields.List(fields.String(validate=validate.OneOf(["a", "b"], ["疾控", "妇幼"])), metadata={"label": "条线"})
    beds = fields.Integer(validate=validate.Range(min=0, max=99), metadata={"label": "床位", "kind": "number"})
    active = fields.Boolean(metadata={"label": "启用"})


def render(app: Flask, source: str, path: str = "/", **context: Any) -> Any:
    app.add_url_rule("/", "home", lambda: "") if "home" not in app.view_functions else None
    with app.test_request_context(path):
        return html.fromstring(render_template_string(source, **context))


FORM = '{% from "macros/form.html" import form with context %}<div>{{ form("/api", fields, values, errors) }}</div>'
TABLE = '{% from "macros/table.html" import table with context %}<div>{{ table(columns, page, sort="name") }}</div>'


def test_a_schema_says_what_its_form_asks() -> None:
    described = {item.name: item for item in form_of(UserIn, sex={"hint": "按身份证"})}
    assert list(described) == ["real_name", "sex", "born", "lines", "beds", "active"]
    assert described["real_name"] == FormField("real_name", "姓名", required=True, max_length=20)
    assert described["sex"].kind == "select" and described["sex"].choices == choices({"1": "男", "2": "女"})
    assert described["sex"].hint == "按身份证"
    assert described["lines"].kind == "checks" and len(described["lines"].choices) == 2
    assert (described["beds"].minimum, described["beds"].maximum) == ("0", "99")
    assert (described["born"].kind, described["active"].kind) == ("date", "checkbox")


def test_every_input_of_a_form_has_a_label_and_keeps_its_value(pages: Flask) -> None:
    values = {"real_name": '<b>"王', "sex": "2", "lines": ["b"], "active": True}
    tree = render(pages, FORM, fields=form_of(UserIn), values=values, errors={"real_name": ["太长"]})
    labelled = set(tree.xpath("//label/@for"))
    inputs = tree.xpath("//input[@type!='hidden']|//select|//textarea")
    assert inputs and all(node.get("id") in labelled for node in inputs)
    assert tree.xpath("//input[@name='real_name']/@value") == ['<b>"王']
    assert tree.xpath("//select/option[@selected]/text()") == ["女"]
    assert tree.xpath("//input[@name='lines'][@checked]/@value") == ["b"]
    assert tree.xpath("//input[@name='real_name']/@aria-invalid") == ["true"]
    assert "太长" in tree.text_content()


def test_a_table_escapes_links_sorts_and_pages(pages: Flask) -> None:
    columns = (
        Column("name", "名称", sort=True, href="/x/{id}"),
        Column("state", "状态", kind="badge", badges={1: ("正常", "ok")}),
        Column("nothing", "空"),
    )
    page = Page([{"id": 7, "name": "<i>甲</i>", "state": 1, "nothing": None}], total=120, number=2, size=50)
    tree = render(pages, TABLE, "/?page=2&q=%E7%94%B2", columns=columns, page=page)
    assert tree.xpath("//td/a/@href") == ["/x/7"] and tree.xpath("//td/a/text()") == ["<i>甲</i>"]
    assert tree.xpath("//th[@aria-sort='ascending']/a/@href") == ["/?q=%E7%94%B2&sort=-name"]
    assert tree.xpath("//a[@rel='next']/@href") == ["/?page=3&q=%E7%94%B2"]
    assert tree.xpath("//span[@class='badge ok']/text()") == ["正常"]
    assert tree.xpath("//td[3]/em/text()") == ["—"]
    assert "第 51–51 条" in tree.text_content()


@pytest.mark.parametrize("rows", [[], ()])
def test_an_empty_table_says_so(pages: Flask, rows: Any) -> None:
    tree = render(pages, TABLE, columns=(Column("name", "名称"),), page=Page(rows, 0))
    assert "没有符合条件的记录" in tree.text_content() and not tree.xpath("//table")


def test_the_base_page_carries_the_frame(pages: Flask) -> None:
    tree = render(pages, '{% extends "base.html" %}{% block content %}<h1>甲</h1>{% endblock %}')
    assert tree.xpath("//main//h1/text()") == ["甲"]
    assert tree.xpath("//a[@class='skip']/@href") == ["#main"]
    assert not tree.xpath("//*[@style or @onclick]")
    assert all(source.startswith("/ui-static/") for source in tree.xpath("//script/@src"))


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0 分钟"), (119, "119 分钟"), (150, "2.5 小时"), (2 * 24 * 60, "2 天"), (2_079_744, "1,444 天")]
)
def test_a_span_is_shown_in_the_unit_that_fits(minutes: int, shown: str) -> None:
    assert duration(minutes) == shown
    assert duration(None) == MISSING
