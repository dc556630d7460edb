#include "kernel/remote/services.hpp"

#include <utility>

#include "kernel/base/assert.hpp"

namespace emporion::remote {

void Services::add(std::string path, const rpc::Operation& operation, Handler handler) {
  const bool is_first = methods_.emplace(std::move(path), Method{&operation, std::move(handler)}).second;
  EMP_ASSERT(is_first);
}

}  // namespace emporion::remote
