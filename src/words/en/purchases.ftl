# What the ERP wants bought.
purchase-wanted = wanted
purchase-placing = being bought
purchase-placed = bought
purchase-failed = not bought
purchase-unknown = not known whether bought
purchase-cancelled = cancelled
purchases-all = All
purchases-trouble = In trouble
purchases-none = There are none.
purchases-older = Older ones
purchases-id = Purchase
purchases-what = What
purchases-supplier = Supplier
purchases-status = State
purchases-price = Price
purchases-changed = Changed
purchases-error = Error
