#include "modules/commerce/payment/domain/rate_limit.hpp"

#include <algorithm>

namespace emporion::payment {

int RateLimit::left(UtcTime now) {
  while (!recent_.empty() && recent_.front().first + seconds(1) <= now) {
    taken_ -= recent_.front().second;
    recent_.pop_front();
  }
  return std::max(per_second_ - taken_, 0);
}

int RateLimit::take(int wanted, UtcTime now) {
  const int given = std::clamp(wanted, 0, left(now));
  if (given > 0) {
    recent_.emplace_back(now, given);
    taken_ += given;
  }
  return given;
}

}  // namespace emporion::payment
