"""Make the fonts of pictures as files from the page's own: `pip install 'fonttools[woff]'`, then

    python tools/make_picture_font.py

vl-convert reads no woff2 and no variable weights, and leaves out text whose font it does not find.
"""

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

STATIC = Path(__file__).resolve().parents[1] / "studio" / "static"
WEIGHTS = {"Regular": 400, "Medium": 500}


def main() -> None:
    """Write one file for each weight that charts use, beside the licence of the family."""
    for style, weight in WEIGHTS.items():
        variable = TTFont(STATIC / "inter-latin-wght-normal.woff2")
        font = instantiateVariableFont(variable, {"wght": weight}, inplace=True)
        subsetter = Subsetter(Options(layout_features=["kern"], hinting=False, name_IDs=["*"], notdef_outline=True))
        subsetter.populate(unicodes=font.getBestCmap())
        subsetter.subset(font)
        _name(font, style, weight)
        font.flavor = None
        font.save(STATIC / f"Inter-{style}.ttf")


def _name(font: TTFont, style: str, weight: int) -> None:
    """One family, told apart by weight alone."""
    font["OS/2"].usWeightClass = weight
    for name_id in (16, 17, 21, 22, 25):
        font["name"].removeNames(nameID=name_id)
    for name_id, text in ((1, "Inter"), (2, style), (4, f"Inter {style}"), (6, f"Inter-{style}")):
        font["name"].setName(text, name_id, 3, 1, 0x409)


if __name__ == "__main__":
    main()
