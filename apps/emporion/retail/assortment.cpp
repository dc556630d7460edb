#include "apps/emporion/retail/assortment.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

/// The key with the highest count; of several the smallest.
template <typename Key, typename Compare>
const Key* most_frequent(const std::map<Key, std::int64_t, Compare>& counts) {
  const Key* best = nullptr;
  std::int64_t most = 0;
  for (const auto& [key, count] : counts) {
    if (count > most) {
      most = count;
      best = &key;
    }
  }
  return best;
}

/// Without outer spaces and with single inner ones.
std::string normal_name(std::string_view written) {
  std::string out;
  for (const char c : trimmed(written)) {
    if (c != ' ' || out.back() != ' ') out.push_back(c);
  }
  return out;
}

}  // namespace

void Assortment::add(const Row& row) {
  const Country* const country = find_country(row.country);
  if (!countries_.contains(country->iso)) countries_.emplace(country->iso);
  if (!row.customer.empty()) {
    Buyer& buyer = buyers_[row.customer];
    if (buyer.first_country.empty()) buyer.first_country = country->iso;
    if (!buyer.countries.contains(row.country)) buyer.countries.insert(row.country);
    if (row.invoice.front() != 'C') buyer.has_order = true;
  }
  const LineKind kind = row.kind();
  if (kind == LineKind::charge || kind == LineKind::bad_debt) return;
  Gathered& article = codes_[row.code];
  if (std::string name = normal_name(row.description); !name.empty())
    ++(row.price_thousandths > 0 ? article.names_priced : article.names_other)[std::move(name)];
  if (kind == LineKind::sale) ++article.prices[row.price().amount()];
}

void Assortment::add(const Invoice& invoice) {
  if (!invoice.is_order()) return;
  for (const auto& item : items_of(invoice)) {
    Gathered& article = codes_[item.code];
    article.units_sold += item.quantity;
    article.order_max = std::max(article.order_max, item.quantity);
  }
}

std::vector<Assortment::Article> Assortment::articles() const {
  std::vector<Article> out;
  out.reserve(codes_.size());
  for (const auto& [code, gathered] : codes_) {
    const std::string* name = most_frequent(gathered.names_priced);
    if (name == nullptr) name = most_frequent(gathered.names_other);
    const std::int64_t* const price = most_frequent(gathered.prices);
    out.push_back({.code = code,
                   .name = name == nullptr ? code : *name,
                   .price_pence = price == nullptr ? 0 : *price,
                   .units_sold = gathered.units_sold,
                   .order_max = gathered.order_max});
  }
  return out;
}

std::vector<Assortment::Customer> Assortment::customers() const {
  std::vector<Customer> out;
  out.reserve(buyers_.size());
  for (const auto& [reference, buyer] : buyers_) out.push_back({reference, buyer.first_country});
  return out;
}

std::vector<Figure> Assortment::figures() const {
  std::int64_t several_names = 0, nameless = 0, several_prices = 0, priced = 0, two_countries = 0, without_order = 0, families = 0, in_families = 0;
  std::unordered_map<std::string, std::int64_t> bases;
  for (const auto& [code, gathered] : codes_) {
    if (gathered.names_priced.size() > 1) ++several_names;
    if (gathered.names_priced.empty() && gathered.names_other.empty()) ++nameless;
    if (gathered.prices.size() > 1) ++several_prices;
    if (!gathered.prices.empty()) ++priced;
    if (code.size() >= 5 && std::ranges::all_of(code.substr(0, 5), [](char c) { return c >= '0' && c <= '9'; })) ++bases[code.substr(0, 5)];
  }
  for (const auto& [base, count] : bases) {
    if (count < 2) continue;
    ++families;
    in_families += count;
  }
  for (const auto& [reference, buyer] : buyers_) {
    if (buyer.countries.size() > 1) ++two_countries;
    if (!buyer.has_order) ++without_order;
  }
  return {
      {7, "articles", "articles (codes of goods, upper case)", static_cast<std::int64_t>(codes_.size())},
      {8, "articles_with_several_names", "articles with several descriptions among priced lines: the most frequent counts", several_names},
      {8, "articles_without_name", "articles without any description: named by their code", nameless},
      {9, "articles_priced", "articles that were sold for something: priced", priced},
      {9, "articles_with_several_prices", "articles sold at several prices: the most frequent counts, the order's own price is lost", several_prices},
      {14, "countries", "countries (ISO codes)", static_cast<std::int64_t>(countries_.size())},
      {14, "customers_with_two_countries", "customers with two countries: the first counts", two_countries},
      {15, "customers", "customers", static_cast<std::int64_t>(buyers_.size())},
      {15, "customers_without_order", "customers with cancellations only", without_order},
      {16, "code_families", "five-digit bases with several codes: each code stays a product of its own", families},
      {16, "codes_in_families", "codes of such bases", in_families},
  };
}

}  // namespace emporion::app::retail
