"""Import reports as text for people."""

from personas.imports import ImportReport

SHOWN = 5


def report_text(report: ImportReport) -> str:
    """How an import went: counts, reasons, the first rows left out, and where all of them are named."""
    head = f"{report.out}: {report.kept} of {report.read} rows kept"
    if not report.written:
        head = f"{report.out}: not written, for rows had to be left out (--strict)"
    lines = [head, *(f"  {count} left out: {reason}" for reason, count in report.dropped.items())]
    lines += [f"  {bad.file}:{bad.line}: {bad.reason}" for bad in report.bad[:SHOWN]]
    if report.dropped:
        lines.append(f"  every row left out is named in {report.rejected}")
    return "\n".join(lines)
