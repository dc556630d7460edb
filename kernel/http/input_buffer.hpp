#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/base/assert.hpp"

namespace emporion::http {

/// What came from a client and is not parsed yet. It starts small and grows only while a request needs it. Whoever parses bounds what is left unread, so the
/// buffer stays bounded.
class InputBuffer {
 public:
  static constexpr std::size_t idle_bytes = 4 * 1024;   ///< Of a connection that waits for its next request.
  static constexpr std::size_t body_bytes = 64 * 1024;  ///< While a body is read.
  enum class Use : std::uint8_t { idle, body, other };

  bool is_empty() const noexcept { return begin_ == end_; }
  std::string_view unread() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) {
    EMP_ASSERT(bytes <= end_ - begin_);
    begin_ += bytes;
  }
  void discard() noexcept { begin_ = end_ = 0; }

  /// Room behind what is unread, which moves to the front; never empty. Write there, then `fill`.
  std::span<char> room(Use use) {
    if (is_empty()) discard();
    if (end_ == 0 && use == Use::idle && buffer_.size() > idle_bytes) buffer_ = std::vector<char>(idle_bytes);
    if (begin_ > 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    if (use == Use::body && buffer_.size() < body_bytes) buffer_.resize(body_bytes);
    return std::span(buffer_).subspan(end_);
  }
  void fill(std::size_t bytes) {
    EMP_ASSERT(bytes <= buffer_.size() - end_);
    end_ += bytes;
  }

 private:
  std::vector<char> buffer_ = std::vector<char>(idle_bytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace emporion::http
