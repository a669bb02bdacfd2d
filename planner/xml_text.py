"""Bytes of a file as XML, with limits: no document type, no entities, no more tags than places need."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from planner.errors import FileFormatError

MOST_TAGS = 1_000_000
"""A day's track with a point a second, height and time has 700,000; each may take 200 bytes of memory."""


def parse_xml(data: bytes, source: str) -> Element:
    """The root of an XML document in any encoding that it declares.

    Raises ``FileFormatError`` with line and column where it is no XML, and for document types and entities (bombs are
    made of them) or more than ``MOST_TAGS`` tags.
    """
    if data.count(b"<") > MOST_TAGS:
        raise FileFormatError(f"The XML has more than {MOST_TAGS:,} tags.", about=source, mend="Keep what is needed.")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise FileFormatError(
            "The XML declares a document type or entities, which places do not need and bombs are made of.",
            about=source,
            mend="Remove the <!DOCTYPE …> part.",
        ) from None
    except ParseError as error:
        line, column = error.position
        reason = str(error).split(": line")[0]
        raise FileFormatError(f"Not XML: {reason}.", about=f"{source}, line {line}, column {column + 1}") from None
    except (ValueError, LookupError) as error:
        raise FileFormatError(f"Not XML: {error}.", about=source) from None
    return root


def tag_of(element: Element) -> str:
    """An element's name without its namespace; nothing for a comment."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def text_in(element: Element, tag: str) -> str:
    """The text of the first child of that name; nothing where there is none."""
    return next(((child.text or "").strip() for child in element if tag_of(child) == tag), "")
