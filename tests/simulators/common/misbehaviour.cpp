#include "tests/simulators/common/misbehaviour.hpp"

#include <array>
#include <utility>

namespace emporion::simulators {
namespace {

constexpr std::array faults{std::pair{std::string_view("lose_answer"), Fault::lose_answer},
                            std::pair{std::string_view("lose_request"), Fault::lose_request},
                            std::pair{std::string_view("error_500"), Fault::error_500},
                            std::pair{std::string_view("error_500_after"), Fault::error_500_after},
                            std::pair{std::string_view("slow"), Fault::slow},
                            std::pair{std::string_view("busy"), Fault::busy},
                            std::pair{std::string_view("wrong_amount"), Fault::wrong_amount},
                            std::pair{std::string_view("wrong_signature"), Fault::wrong_signature}};
constexpr std::array deliveries{
    std::pair{std::string_view("at_once"), Delivery::at_once}, std::pair{std::string_view("twice"), Delivery::twice},
    std::pair{std::string_view("late"), Delivery::late},       std::pair{std::string_view("reversed"), Delivery::reversed},
    std::pair{std::string_view("never"), Delivery::never},     std::pair{std::string_view("wrong_signature"), Delivery::wrong_signature}};

template <typename Names>
auto find(const Names& names, std::string_view name) -> std::optional<decltype(names[0].second)> {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> fault_named(std::string_view name) noexcept { return find(faults, name); }
std::optional<Delivery> delivery_named(std::string_view name) noexcept { return find(deliveries, name); }

void Orders::add(const std::string& operation, Fault fault, int times) {
  for (int i = 0; i < times; ++i) faults_[operation].push_back(fault);
}

std::optional<Fault> Orders::take(const std::string& operation) {
  auto& line = faults_[operation];
  if (line.empty()) return std::nullopt;
  const Fault fault = line.front();
  line.pop_front();
  return fault;
}

int Orders::calls(const std::string& operation) const {
  const auto found = calls_.find(operation);
  return found == calls_.end() ? 0 : found->second;
}

}  // namespace emporion::simulators
