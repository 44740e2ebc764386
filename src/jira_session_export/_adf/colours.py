"""CSS colours as the `#rrggbb` that ADF wants."""

import re
from collections.abc import Callable, Mapping
from colorsys import hls_to_rgb
from math import cos, radians, sin

from jira_session_export._adf.memory import remembering

_NAMES = """
aliceblue f0f8ff  antiquewhite faebd7  aqua 00ffff  aquamarine 7fffd4  azure f0ffff  beige f5f5dc  bisque ffe4c4
black 000000  blanchedalmond ffebcd  blue 0000ff  blueviolet 8a2be2  brown a52a2a  burlywood deb887
cadetblue 5f9ea0  chartreuse 7fff00  chocolate d2691e  coral ff7f50  cornflowerblue 6495ed  cornsilk fff8dc
crimson dc143c  cyan 00ffff  darkblue 00008b  darkcyan 008b8b  darkgoldenrod b8860b  darkgray a9a9a9
darkgreen 006400  darkgrey a9a9a9  darkkhaki bdb76b  darkmagenta 8b008b  darkolivegreen 556b2f
darkorange ff8c00  darkorchid 9932cc  darkred 8b0000  darksalmon e9967a  darkseagreen 8fbc8f
darkslateblue 483d8b  darkslategray 2f4f4f  darkslategrey 2f4f4f  darkturquoise 00ced1  darkviolet 9400d3
deeppink ff1493  deepskyblue 00bfff  dimgray 696969  dimgrey 696969  dodgerblue 1e90ff  firebrick b22222
floralwhite fffaf0  forestgreen 228b22  fuchsia ff00ff  gainsboro dcdcdc  ghostwhite f8f8ff  gold ffd700
goldenrod daa520  gray 808080  green 008000  greenyellow adff2f  grey 808080  honeydew f0fff0  hotpink ff69b4
indianred cd5c5c  indigo 4b0082  ivory fffff0  khaki f0e68c  lavender e6e6fa  lavenderblush fff0f5
lawngreen 7cfc00  lemonchiffon fffacd  lightblue add8e6  lightcoral f08080  lightcyan e0ffff
lightgoldenrodyellow fafad2  lightgray d3d3d3  lightgreen 90ee90  lightgrey d3d3d3  lightpink ffb6c1
lightsalmon ffa07a  lightseagreen 20b2aa  lightskyblue 87cefa  lightslategray 778899  lightslategrey 778899
lightsteelblue b0c4de  lightyellow ffffe0  lime 00ff00  limegreen 32cd32  linen faf0e6  magenta ff00ff
maroon 800000  mediumaquamarine 66cdaa  mediumblue 0000cd  mediumorchid ba55d3  mediumpurple 9370db
mediumseagreen 3cb371  mediumslateblue 7b68ee  mediumspringgreen 00fa9a  mediumturquoise 48d1cc
mediumvioletred c71585  midnightblue 191970  mintcream f5fffa  mistyrose ffe4e1  moccasin ffe4b5
navajowhite ffdead  navy 000080  oldlace fdf5e6  olive 808000  olivedrab 6b8e23  orange ffa500  orangered ff4500
orchid da70d6  palegoldenrod eee8aa  palegreen 98fb98  paleturquoise afeeee  palevioletred db7093
papayawhip ffefd5  peachpuff ffdab9  peru cd853f  pink ffc0cb  plum dda0dd  powderblue b0e0e6  purple 800080
rebeccapurple 663399  red ff0000  rosybrown bc8f8f  royalblue 4169e1  saddlebrown 8b4513  salmon fa8072
sandybrown f4a460  seagreen 2e8b57  seashell fff5ee  sienna a0522d  silver c0c0c0  skyblue 87ceeb
slateblue 6a5acd  slategray 708090  slategrey 708090  snow fffafa  springgreen 00ff7f  steelblue 4682b4
tan d2b48c  teal 008080  thistle d8bfd8  tomato ff6347  turquoise 40e0d0  violet ee82ee  wheat f5deb3
white ffffff  whitesmoke f5f5f5  yellow ffff00  yellowgreen 9acd32
"""
_NAMED = {name: f"#{digits}" for name, digits in re.findall(r"([a-z]+) ([0-9a-f]{6})", _NAMES)}

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl|hwb|oklch|oklab|lch|lab|color)a?\(([^()]*)\)")
_LIGHT_OR_DARK = re.compile(r"light-dark\(\s*([^(),]+(?:\([^()]*\))?)\s*,.*\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")


_WORD = re.compile(r"[a-z-]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s(),]+")
_MOST_FALLBACKS = 5

_Rgba = tuple[float, float, float, float]


@remembering
def hex_colour(css: str) -> str | None:
    """The colour as `#rrggbb` in lower case, as it looks on white; None for what is transparent or no colour at all.

    Args:
        css: in any case: a name, `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `hsl()`, `hwb()`, `oklch()`,
            `oklab()`, `lch()`, `lab()`, `color(srgb …)`, `light-dark()` (the colour for light), or `var()` with a
            fallback or with the name of a colour in its own.
    """
    found = _parse(css)
    return None if found is None or found[3] == 0 else _on_white(found)


@remembering
def text_colour(css: str) -> str | None:
    """As `hex_colour`; black that shines through a little is the black of style guides, not a grey somebody chose."""
    found = _parse(css)
    if found is not None and found[:3] == (0, 0, 0) and found[3] >= _NEARLY_SOLID:
        return "#000000"
    return None if found is None or found[3] == 0 else _on_white(found)


_NEARLY_SOLID = 0.5


def is_unknown_colour(css: str) -> bool:
    """Whether this is meant to be a colour, and none that `hex_colour` can read."""
    colour = css.strip().lower()
    if not colour or colour in _NO_COLOURS or colour.startswith(("var(", "-webkit-", "-moz-")):
        return False
    return _parse(colour) is None


def is_transparent(css: str) -> bool:
    """Whether this is a colour of which nothing can be seen."""
    found = _parse(css)
    return found is not None and found[3] == 0


_KEYWORDS = """
auto inherit initial none revert revert-layer transparent unset currentcolor window windowtext canvas canvastext
linktext visitedtext activetext buttonface buttontext field fieldtext highlight highlighttext selecteditem
selecteditemtext mark marktext graytext background infobackground infotext menu menutext activecaption captiontext
inactivecaption inactivecaptiontext threeddarkshadow threedface threedhighlight threedlightshadow threedshadow
"""
_NO_COLOURS = frozenset(_KEYWORDS.split())
"""What CSS has in place of a colour: that of what is around, or of the reader's system."""


def background_of(style: Mapping[str, str] | str) -> str | None:
    """The colour of a background; None when it has none.

    Args:
        style: the declarations of an element, or one colour.
    """
    if isinstance(style, str):
        return hex_colour(style) if style else None
    if not style:
        return None
    colour = hex_colour(style.get("background-color", ""))
    return colour or _in_shorthand(style.get("background", ""))


@remembering
def _in_shorthand(written: str) -> str | None:
    return next((colour for word in _WORD.findall(written[:300]) if (colour := hex_colour(word))), None)


def _parse(css: str) -> _Rgba | None:
    """Red, green and blue from 0 to 255, and how solid from 0 to 1."""
    colour = css.strip().lower()
    for _ in range(_MOST_FALLBACKS):
        if not colour.startswith("var("):
            break
        name, comma, fallback = colour[4:].removesuffix(")").partition(",")
        if name.strip().startswith("--ds-") and "-accent-" not in name:
            return None  # A design token of Atlassian's for all there is, not a colour that somebody has chosen.
        named = next((word for word in reversed(name.split("-")) if word in _NAMED), "")
        colour = fallback.strip() if comma else named
    if colour in _NAMED:
        return _from_digits(_NAMED[colour][1:])
    if len(colour) > 100:
        return None
    if light := _LIGHT_OR_DARK.fullmatch(colour):
        colour = light[1].strip()
        if colour in _NAMED:
            return _from_digits(_NAMED[colour][1:])
    if _HEX.fullmatch(colour):
        digits = colour[1:]
        return _from_digits("".join(digit * 2 for digit in digits) if len(digits) < 6 else digits)
    function = _FUNCTION.fullmatch(colour)
    return _from_function(function[1], function[2]) if function else None


def _from_digits(digits: str) -> _Rgba:
    red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    return red, green, blue, int(digits[6:], 16) / 255 if len(digits) > 6 else 1.0


def _on_white(colour: _Rgba) -> str:
    alpha = colour[3]
    blended = (min(max(channel, 0), 255) * alpha + 255 * (1 - alpha) for channel in colour[:3])
    return "#" + "".join(f"{round(channel):02x}" for channel in blended)


def _from_function(name: str, arguments: str) -> _Rgba | None:
    parts = arguments.replace(",", " ").replace("/", " ").split()
    if name == "color":
        if parts[:1] != ["srgb"]:
            return None
        parts = [f"{_number(part, 1) * 100}%" if _NUMBER.match(part) else part for part in parts[1:4]] + parts[4:]
        name = "rgb"
    if len(parts) not in {3, 4} or not all(part == "none" or _NUMBER.match(part) for part in parts):
        return None
    first, second, third = parts[:3]
    alpha = _share(_number(parts[3], 1)) if len(parts) == 4 else 1.0
    red, green, blue = _CHANNELS[name](first, second, third)
    return red, green, blue, alpha


def _number(part: str, whole: float) -> float:
    """A number, or a share of what 100 % is."""
    found = _NUMBER.match(part)
    if found is None:
        return 0.0  # CSS's `none`.
    return float(found[0]) * whole / 100 if part.endswith("%") else float(found[0])


_Channels = tuple[float, float, float]


def _rgb(red: str, green: str, blue: str) -> _Channels:
    return _number(red, 255), _number(green, 255), _number(blue, 255)


def _hsl(hue: str, saturation: str, lightness: str) -> _Channels:
    red, green, blue = hls_to_rgb(
        _number(hue, 360) / 360 % 1, _share(_number(lightness, 100) / 100), _share(_number(saturation, 100) / 100)
    )
    return 255 * red, 255 * green, 255 * blue


def _hwb(hue: str, whiteness: str, blackness: str) -> _Channels:
    white, black = _number(whiteness, 100) / 100, _number(blackness, 100) / 100
    if white + black >= 1:
        grey = 255 * white / (white + black)
        return grey, grey, grey
    red, green, blue = hls_to_rgb(_number(hue, 360) / 360 % 1, 0.5, 1)
    return (
        255 * (red * (1 - white - black) + white),
        255 * (green * (1 - white - black) + white),
        255 * (blue * (1 - white - black) + white),
    )


def _oklch(lightness: str, chroma: str, hue: str) -> _Channels:
    amount, angle = _number(chroma, 0.4), radians(_number(hue, 360) % 360)
    return _from_oklab(_number(lightness, 1), amount * cos(angle), amount * sin(angle))


def _oklab(lightness: str, green_red: str, blue_yellow: str) -> _Channels:
    return _from_oklab(_number(lightness, 1), _number(green_red, 0.4), _number(blue_yellow, 0.4))


def _lch(lightness: str, chroma: str, hue: str) -> _Channels:
    amount, angle = _number(chroma, 150), radians(_number(hue, 360) % 360)
    return _from_lab(_number(lightness, 100), amount * cos(angle), amount * sin(angle))


def _lab(lightness: str, green_red: str, blue_yellow: str) -> _Channels:
    return _from_lab(_number(lightness, 100), _number(green_red, 125), _number(blue_yellow, 125))


def _from_lab(light: float, a: float, b: float) -> _Channels:
    """Source: CSS Color Module Level 4, the sample code for Lab, with the white of D50."""
    light, a, b = min(max(light, 0.0), 100.0), min(max(a, -200.0), 200.0), min(max(b, -200.0), 200.0)
    middle = (light + 16) / 116
    x, z = (
        white * (share**3 if share**3 > 216 / 24389 else (116 * share - 16) / (24389 / 27))
        for white, share in ((0.9642956764, middle + a / 500), (0.8251046025, middle - b / 200))
    )
    y = middle**3 if light > 8 else light / (24389 / 27)
    return _from_linear(
        3.1341358529 * x - 1.6173863321 * y - 0.4906619460 * z,
        -0.9787954765 * x + 1.9162543773 * y + 0.0334427364 * z,
        0.0719553911 * x - 0.2289767681 * y + 1.4053851326 * z,
    )


def _from_oklab(light: float, a: float, b: float) -> _Channels:
    """Source: CSS Color Module Level 4, the sample code for OKLab."""
    light, a, b = _share(light), min(max(a, -1.0), 1.0), min(max(b, -1.0), 1.0)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.291485548 * b) ** 3
    return _from_linear(
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
    )


def _from_linear(*linear: float) -> _Channels:
    """The channels of sRGB that these amounts of light, from 0 to 1, are written as."""
    red, green, blue = (
        255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055)
        for value in map(_share, linear)
    )
    return red, green, blue


_CHANNELS: Mapping[str, Callable[[str, str, str], _Channels]] = {
    "rgb": _rgb, "hsl": _hsl, "hwb": _hwb, "oklch": _oklch, "oklab": _oklab, "lch": _lch, "lab": _lab,
}  # fmt: skip


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
