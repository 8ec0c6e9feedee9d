import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench import report
from bench.report.plots import one_setting, style
from bench.report.plots.lean import lean
from tests.synthetic import write_run

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" viewBox="0 0 9 9">{}</svg>'


def drawn(figure: Figure) -> str:
    text = io.StringIO()
    with style.settings():
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


@pytest.fixture(scope="module")
def svgs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    composed = report.compose(write_run(tmp_path_factory.mktemp("results") / "run", rounds=3))
    whole = {picture.name: drawn(picture.figure) for picture in composed.pictures}
    return {name: (text, lean(text)) for name, text in whole.items()}


def test_it_draws_the_same_in_half_of_the_bytes(svgs: dict[str, tuple[str, str]]) -> None:
    assert len(svgs) > 4
    for whole, small in svgs.values():
        assert len(small) < 0.5 * len(whole)
        before, after = ET.fromstring(whole), ET.fromstring(small)
        for tag in ("text", "use", "clipPath", "pattern", "path"):
            assert len(list(after.iter(f"{SVG}{tag}"))) == len(list(before.iter(f"{SVG}{tag}")))
        texts = [[" ".join((one.text or "").split()) for one in root.iter(f"{SVG}text")] for root in (before, after)]
        assert texts[0] == texts[1]
        assert set(re.findall("#[0-9a-f]{6}", whole)) <= set(re.findall("#[0-9a-f]{6}", small))


def test_every_reference_leads_to_one_element(svgs: dict[str, tuple[str, str]]) -> None:
    for _, small in svgs.values():
        ids = re.findall(r' id="([^"]*)"', small)
        assert len(ids) == len(set(ids))
        assert {*re.findall(r'href="#([^"]*)"', small), *re.findall(r"url\(#([^)]*)\)", small)} <= set(ids)


def test_a_path_ends_where_it_ended_however_many_steps_it_has() -> None:
    whole = "M 0 0 \n" + "".join(f"L {step / 3:.6f} {step / 7:.6f} \n" for step in range(1, 1000))
    path = ET.fromstring(lean(PLAIN.format(f'<path d="{whole}"/>'))).find(f"{SVG}path")
    assert path is not None
    steps = re.findall(r"l(-?[\d.]+) ?(-?[\d.]+)", path.attrib["d"])
    ends = [sum(float(step[axis]) for step in steps) for axis in (0, 1)]
    assert ends == pytest.approx([333, 999 / 7], abs=0.006)


def test_a_path_is_the_same_in_relative_steps() -> None:
    data = "M 1 1 \nL 5 1 \nL 5 4.004 \nC 5 5 6 6 7.5 7.5 \nz\nM -1 -0.5 \nL 0 0 \n"
    assert 'd="M1 1h4v3c0 1 1 2 2.5 3.5zM-1-.5l1 .5"' in lean(PLAIN.format(f'<path d="{data}"/>'))


def test_a_clip_stays_where_it_was_though_what_it_clips_is_moved() -> None:
    clip = '<clipPath id="c"><rect x="1" y="1" width="3" height="3"/></clipPath><path id="m" d="M 0 0 \nL 1 1 \n"/>'
    small = lean(PLAIN.format(f'<defs>{clip}</defs><g clip-path="url(#c)"><use href="#m" x="2" y="2"/></g>'))
    assert re.search(r'<g clip-path="url\(#i0\)"><use href="#i1" x="2" y="2"/></g>', small)


def test_blanks_of_a_text_stay_and_its_markup_stays_text() -> None:
    style = "font: 700 10px 'DejaVu Sans'; text-anchor: start"
    small = lean(PLAIN.format(f'<text style="{style}" x="1" y="2">1.5x   &lt;b id="#1f2328"&gt;</text>'))
    assert ' font-size="10" font-weight="700">1.5x\u00a0\u00a0\u00a0&lt;b id=&quot;#1f2328&quot;&gt;</text>' in small


def test_patterns_are_few_bytes() -> None:
    with style.settings():
        figure = style.figure(2.0)
        axes = figure.subplots()
        for place, hatch in enumerate(style.HATCHES):
            axes.bar(place, 1, hatch=hatch, edgecolor=style.PAPER)
    assert len(lean(drawn(figure))) < 12_000


def test_a_file_is_lean(tmp_path: Path) -> None:
    with style.settings():
        figure = style.figure(2.0)
        figure.subplots().set_title("a title")
    (svg,) = one_setting.save(figure, tmp_path, "x")
    assert "a title</text>" in svg.read_text()
    assert svg.read_text().startswith('<svg xmlns="http://www.w3.org/2000/svg"')
