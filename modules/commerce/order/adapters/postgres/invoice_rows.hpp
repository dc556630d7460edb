#pragma once

#include <vector>

#include "kernel/postgres/database.hpp"
#include "modules/commerce/order/app/invoice_store.hpp"

namespace emporion::order {

/// A document from the columns id, number, issued_at, issued_on::text, status, credited, currency, number of the invoice it credits, state of its newest mail,
/// stated::text.
v1::Invoice read_invoice(const postgres::Row& row);

/// The statement that issues the documents of these answers.
postgres::Bound issue_statement(const std::vector<DueAnswer>& answers, UtcTime at, const Uuid& trace);

/// Statements that read the books of some orders, and what they answered.
std::vector<postgres::Bound> books_statements(const std::vector<Uuid>& order_ids);
std::vector<OrderBooks> read_books(const std::vector<postgres::Rows>& rows);

}  // namespace emporion::order
