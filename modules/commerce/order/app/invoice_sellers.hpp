#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/uuid.hpp"

namespace emporion::order {

/// Who sells, as invoices state it, and how its invoices are numbered.
struct InvoiceSeller {
  std::string name;
  std::vector<std::string> address;  ///< Lines.
  std::optional<std::string> tax_id;
  std::optional<std::string> email;
  std::optional<std::string> phone;
  std::string time_zone = "UTC";  ///< Decides the date and so the year of the number.
  std::string series;
  std::string credit_series;
  std::string logo_png;  ///< Empty: none.
};

/// The house and the sellers that the settings name.
class InvoiceSellers {
 public:
  InvoiceSellers(InvoiceSeller house, std::map<Uuid, InvoiceSeller> named) : house_(std::move(house)), named_(std::move(named)) {}

  /// A seller that the settings do not name is stated as sold by the house on its behalf, with a series of its own made from its id.
  InvoiceSeller of(const std::optional<Uuid>& seller) const;
  /// All zones in use, for the check at start.
  std::vector<std::string> time_zones() const;

 private:
  InvoiceSeller house_;
  std::map<Uuid, InvoiceSeller> named_;
};

}  // namespace emporion::order
