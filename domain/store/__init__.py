"""The only place that speaks Piccolo and SQL: tables, one file a noun, and pages for lists."""
