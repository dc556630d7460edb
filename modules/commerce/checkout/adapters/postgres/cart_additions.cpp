#include "kernel/json/codec.hpp"
#include "kernel/security/crypto.hpp"
#include "modules/commerce/checkout/adapters/postgres/cart_store.hpp"
#include "modules/commerce/checkout/adapters/postgres/keyed_columns.hpp"

namespace emporion::checkout {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement add_to_many{
    "checkout.add_to_carts",
    "SELECT n, cart FROM carts_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)", Effect::writes};
constexpr Statement add_to_one{
    "checkout.add_to_cart",
    "SELECT replayed, cart FROM cart_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", Effect::writes};

/// A long order keeps nobody waiting but its own buyer.
constexpr std::size_t shared_lines_max = 100;

/// The lines of one or more additions, by column.
struct LineColumns {
  std::vector<std::int32_t> numbers, quantities;
  std::vector<Uuid> ids, products;
  std::vector<std::string> skus, names, availabilities;
  std::vector<std::int64_t> prices, list_prices;
  std::vector<std::optional<std::string>> images;
  std::vector<std::optional<Uuid>> sellers;

  void add(std::int32_t number, const std::vector<NewLine>& lines) {
    for (const auto& line : lines) {
      numbers.push_back(number);
      ids.push_back(line.line);
      skus.push_back(line.sku);
      products.push_back(line.product);
      quantities.push_back(line.qty);
      prices.push_back(line.unit_price.amount());
      list_prices.push_back(line.list_price.amount());
      names.push_back(line.name);
      images.push_back(line.image);
      sellers.push_back(line.seller);
      availabilities.emplace_back(v1::to_string(line.availability));
    }
  }
};

}  // namespace

Task<Result<CartChanged>> PostgresCartStore::add(Owner owner, KeyedRequest keyed, std::vector<NewLine> lines, std::optional<Currency> currency,
                                                 std::optional<std::int64_t> if_match, CartLimits limits) {
  const bool is_long = lines.size() > shared_lines_max;
  Addition addition{Uuid::v7(clock_.now(), random_), std::move(owner), std::move(keyed), std::move(lines), currency, if_match, limits};
  if (is_long) co_return co_await add_alone(std::move(addition));
  co_return co_await adding_.submit(std::move(addition));
}

Task<Result<std::vector<std::optional<CartChanged>>>> PostgresCartStore::add_together(std::vector<Addition> batch) {
  KeyedColumns asked;
  std::vector<Uuid> carts;
  std::vector<std::optional<std::string>> currencies;
  std::vector<std::optional<std::int64_t>> versions;
  LineColumns lines;
  const CartLimits limits = batch.front().limits;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Addition& addition = batch[i];
    const std::int32_t number = asked.add(i, addition.keyed, addition.owner);
    if (number == 0) continue;
    carts.push_back(addition.new_cart);
    currencies.push_back(addition.currency ? std::optional(addition.currency->to_string()) : std::nullopt);
    versions.push_back(addition.if_match);
    lines.add(number, addition.lines);
  }
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(add_to_many, asked.callers, asked.keys, asked.digests, asked.traces, carts, asked.customers, asked.guests, currencies,
                                         versions, limits.lines_max, limits.units_max, lines.numbers, lines.ids, lines.skus, lines.products, lines.quantities,
                                         lines.prices, lines.list_prices, lines.names, lines.images, lines.sellers, lines.availabilities));
  std::vector<std::optional<CartChanged>> out(batch.size());
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto cart, parse_json<v1::Cart>(row.get<std::string>(1)));
    out[asked.place_of(row.get<std::int32_t>(0))] = CartChanged{.cart = std::move(cart)};
  }
  co_return out;
}

Task<Result<CartChanged>> PostgresCartStore::add_alone(Addition addition) {
  LineColumns lines;
  lines.add(1, addition.lines);
  const auto code = addition.currency ? std::optional(addition.currency->to_string()) : std::nullopt;
  const postgres::Bytes digest{security::sha256(addition.keyed.request)};
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(add_to_one, addition.keyed.caller, addition.keyed.key, digest, addition.keyed.trace, addition.new_cart,
                                         addition.owner.customer, guest_column(addition.owner), code, addition.if_match, addition.limits.lines_max,
                                         addition.limits.units_max, lines.ids, lines.skus, lines.products, lines.quantities, lines.prices, lines.list_prices,
                                         lines.names, lines.images, lines.sellers, lines.availabilities));
  EMP_CO_ASSIGN(auto cart, parse_json<v1::Cart>(rows[0].get<std::string>(1)));
  co_return CartChanged{std::move(cart), rows[0].get<bool>(0)};
}

}  // namespace emporion::checkout
