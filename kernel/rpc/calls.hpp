#pragma once

#include <memory>
#include <typeindex>
#include <unordered_map>

#include "kernel/base/assert.hpp"

namespace emporion {

/// The bindings through which a module calls others, by contract: `calls.get<warehouse::v1::WarehouseApi>()`. Filled by the composition root, which alone
/// knows whether a binding is a local object or a network client.
class Calls {
 public:
  template <typename Api>
  void bind(std::shared_ptr<Api> binding) {
    bindings_[std::type_index(typeid(Api))] = std::move(binding);
  }
  /// An unbound contract is a fault of the placement and stops the start.
  template <typename Api>
  Api& get() const {
    const auto found = bindings_.find(std::type_index(typeid(Api)));
    EMP_ASSERT(found != bindings_.end());
    return *static_cast<Api*>(found->second.get());
  }
  template <typename Api>
  bool has() const {
    return bindings_.contains(std::type_index(typeid(Api)));
  }

 private:
  std::unordered_map<std::type_index, std::shared_ptr<void>> bindings_;
};

}  // namespace emporion
