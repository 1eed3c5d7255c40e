//! What an export is: parameters, and tables, each a GraphQL document whose rows become lines.

/// What `/export/{name}.…` answers.
#[derive(Debug)]
pub(super) struct Report {
    /// The name in the address and in the file's name.
    pub(super) name: &'static str,
    /// What may be asked for.
    pub(super) parameters: &'static [Parameter],
    /// What is in it, the most important first. XLSX has a sheet for each; CSV has the first, or the one that the
    /// parameter `table` names.
    pub(super) tables: &'static [Table],
    /// What its file's name tells beside the parameters; `None` when they tell all.
    pub(super) title: Option<Title>,
}

impl Report {
    /// Whether the parameter `table` chooses one of several tables.
    pub(super) fn has_choice(&self) -> bool {
        self.tables.len() > 1
    }

    /// What of this name may be asked for.
    pub(super) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// A word of the answer that stands in the file's name.
#[derive(Debug)]
pub(super) struct Title {
    /// The document that asks for it. It takes the variables of the tables' documents.
    pub(super) document: &'static str,
    /// Where the word is in the answer: names with dots between.
    pub(super) field: &'static str,
    /// What it tells. One that says when is told where no parameter does.
    pub(super) tells: InFileName,
}

/// A list of rows.
#[derive(Debug)]
pub(super) struct Table {
    /// The name of the sheet and, in lower case, the value of the parameter `table`.
    pub(super) name: &'static str,
    /// The document without the fields of its rows. `ROWS` stands for the selection of a connection, and it takes the
    /// variables `$first` and `$after`; `FIELDS` stands for that of one object, which is the only row. `BESIDE` stands for
    /// the fields of the object that has the rows.
    pub(super) document: &'static str,
    /// Where the connection or the list is in the answer: names with dots between.
    pub(super) rows: &'static str,
    /// The columns, from left to right.
    pub(super) columns: &'static [Column],
}

impl Table {
    /// The whole document.
    pub(super) fn document(&self) -> String {
        let beside: Vec<String> =
            self.columns.iter().filter_map(Column::beside).map(|column| selection(column.field)).collect();
        let own = self.columns.iter().filter(|column| column.beside().is_none());
        let fields = own.map(|column| selection(column.field)).collect::<Vec<_>>().join(" ");
        let connection = format!("{{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }}");
        let document = self.document.replace("ROWS", &connection).replace("FIELDS", &format!("{{ {fields} }}"));
        document.replace("BESIDE", &beside.join(" "))
    }

    /// Where the object is that has the rows.
    pub(super) fn owner(&self) -> &'static str {
        self.rows.rsplit_once('.').map_or("", |(owner, _)| owner)
    }
}

/// `a.b` as GraphQL selects it. Columns that share a way share the fields: GraphQL merges them.
fn selection(field: &str) -> String {
    match field.split_once('.') {
        None => field.to_owned(),
        Some((first, rest)) => format!("{first} {{ {} }}", selection(rest)),
    }
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// What people read above it.
    pub(super) title: &'static str,
    /// The field of a row: names with dots between, each with its arguments if it has some. A list on the way gives its values in one cell, `; ` between.
    /// After `^` it is a field of the object that has the rows, the same in every line.
    pub(super) field: &'static str,
    /// What its cells hold.
    pub(super) kind: Kind,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Texts, ids and codes.
    Text,
    /// Numbers to reckon with.
    Number,
    /// Days.
    Date,
    /// Instants.
    Instant,
    /// True and false.
    Flag,
}

impl Column {
    /// As a column of the object that has the rows; `None` for one of the rows themselves.
    pub(super) fn beside(&self) -> Option<Self> {
        self.field.strip_prefix('^').map(|field| Self { field, ..*self })
    }

    pub(super) const fn text(title: &'static str, field: &'static str) -> Self {
        Self { title, field, kind: Kind::Text }
    }

    pub(super) const fn number(title: &'static str, field: &'static str) -> Self {
        Self { title, field, kind: Kind::Number }
    }

    pub(super) const fn date(title: &'static str, field: &'static str) -> Self {
        Self { title, field, kind: Kind::Date }
    }

    pub(super) const fn instant(title: &'static str, field: &'static str) -> Self {
        Self { title, field, kind: Kind::Instant }
    }

    pub(super) const fn flag(title: &'static str, field: &'static str) -> Self {
        Self { title, field, kind: Kind::Flag }
    }
}

/// A parameter of the address, which is the variable of the same name in the documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) reads: Reads,
    pub(super) in_file_name: InFileName,
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// As JSON: filters and orders.
    Json,
    /// As it is: dates, enum values, ids.
    Word,
    /// As `true` or `false`.
    Flag,
}

/// Whether the file's name tells the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InFileName {
    No,
    /// It says what is in the file.
    What,
    /// It is the id of an organization, whose name says what is in the file.
    Organization,
    /// It says when, so that today is not told; this text comes before it.
    When(&'static str),
}

impl Parameter {
    /// A filter or an order, as JSON.
    pub(super) const fn json(name: &'static str) -> Self {
        Self { name, reads: Reads::Json, in_file_name: InFileName::No }
    }

    /// A plain value.
    pub(super) const fn word(name: &'static str) -> Self {
        Self { name, reads: Reads::Word, in_file_name: InFileName::No }
    }

    /// `true` or `false`.
    pub(super) const fn flag(name: &'static str) -> Self {
        Self { name, reads: Reads::Flag, in_file_name: InFileName::No }
    }

    /// The id of an organization, whose name is told in the file's name.
    pub(super) const fn organization() -> Self {
        Self { in_file_name: InFileName::Organization, ..Self::word("organizationId") }
    }

    /// The same, told in the file's name.
    pub(super) const fn named(self, in_file_name: InFileName) -> Self {
        Self { in_file_name, ..self }
    }
}
