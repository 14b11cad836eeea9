//! The fields of a price list's row and the headings under which they usually stand. Called by `header`.

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The manufacturer.
    Brand,
    /// The part's number.
    Article,
    /// What it is, in words.
    Name,
    /// Roubles for one unit.
    Price,
    /// What the supplier says it has.
    Quantity,
    /// Orders must be a multiple of it.
    MinQuantity,
    /// Days until delivery, at least.
    DaysMin,
    /// Days until delivery, at most.
    DaysMax,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Brand,
        Self::Article,
        Self::Name,
        Self::Price,
        Self::Quantity,
        Self::MinQuantity,
        Self::DaysMin,
        Self::DaysMax,
    ];

    /// The name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Article => "article",
            Self::Name => "name",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::MinQuantity => "min_quantity",
            Self::DaysMin => "days_min",
            Self::DaysMax => "days_max",
        }
    }

    pub(super) fn is_required(self) -> bool {
        matches!(self, Self::Brand | Self::Article | Self::Price)
    }

    /// The usual headings, the most telling first: `Артикул` is preferred to `Код` where a list has both.
    pub(super) fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Brand => &[
                "производитель",
                "бренд",
                "марка",
                "brand",
                "maker",
                "manufacturer",
                "vendor",
            ],
            Self::Article => &[
                "артикул",
                "каталожныйномер",
                "номердетали",
                "номерпокаталогу",
                "кодзапчасти",
                "кодпроизводителя",
                "номер",
                "код",
                "article",
                "partnumber",
                "sku",
                "number",
                "code",
            ],
            Self::Name => &["наименование", "название", "описание", "name", "description", "desc"],
            Self::Price => &[
                "цена",
                "ценаруб",
                "ценарублей",
                "ценаврублях",
                "ценаrub",
                "price",
                "pricerub",
            ],
            Self::Quantity => &[
                "количество",
                "количествошт",
                "колво",
                "колвошт",
                "остаток",
                "остатки",
                "наличие",
                "вналичии",
                "quantity",
                "qty",
                "stock",
                "availability",
            ],
            Self::MinQuantity => &[
                "кратность",
                "минимальноеколичество",
                "минколичество",
                "минколво",
                "минпартия",
                "кратностьзаказа",
                "minqty",
                "minquantity",
                "multiplicity",
            ],
            Self::DaysMin => &[
                "срокмин",
                "минсрок",
                "минимальныйсрок",
                "срокминдней",
                "минимальныйсрокпоставки",
                "срокпоставкимин",
                "срокпоставки",
                "срокпоставкидней",
                "срокпоставкидн",
                "срок",
                "срокдней",
                "срокдн",
                "periodmin",
                "daysmin",
                "mindays",
                "days",
                "period",
                "deliverydays",
            ],
            Self::DaysMax => &[
                "срокмакс",
                "макссрок",
                "максимальныйсрок",
                "срокмаксдней",
                "максимальныйсрокпоставки",
                "срокпоставкимакс",
                "periodmax",
                "daysmax",
                "maxdays",
            ],
        }
    }
}
