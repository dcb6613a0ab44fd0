// A caching CPU allocator and the counts of what is alive.
//
// glibc's default malloc fragments under the allocation pattern of training (resident memory grows without a leak), and
// gives large blocks back to the system at every free, so that each operator's output is paged in again. Blocks of 64 KiB
// and more are therefore kept in free lists by size class and reused; smaller ones go to the system allocator.
#include "binding.h"

#include <dlfcn.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <c10/core/CPUAllocator.h>

namespace binding {
namespace {

constexpr size_t kAlignment = 64;
#ifdef REWARDKIT_GUARD_PAGES
constexpr size_t kSmallest = SIZE_MAX;
#else
constexpr size_t kSmallest = 64 << 10;
#endif
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kSlack = 512 << 20;
// The available memory is read again each time the memory held has grown by this much.
constexpr size_t kStep = 64 << 20;
// Left to everything that does not go through this allocator.
constexpr size_t kReserve = 128 << 20;

std::atomic<int64_t> liveTensors{0};

// Eight classes for each doubling: at most 12.5 % of a block is unused.
size_t sizeClass(size_t bytes) {
  size_t step = kSmallest >> 3;
  while ((step << 4) < bytes) step <<= 1;
  return (bytes + step - 1) / step * step;
}

// Blocks of the system. For fuzzing, each can lie next to a protected page, so that a read or write beyond a tensor, or
// after it was freed, crashes at once. Then nothing is kept for reuse.
#ifdef REWARDKIT_GUARD_PAGES
constexpr size_t kPage = 4096;

void* obtain(size_t bytes, size_t) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  size_t pages = (bytes + kPage - 1) / kPage * kPage;
  void* start = mmap(nullptr, pages + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  mprotect(static_cast<char*>(start) + pages, kPage, PROT_NONE);
  return static_cast<char*>(start) + (pages - bytes);
}

void giveUp(void* block, size_t bytes) {
  void* start = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(block) / kPage * kPage);
  munmap(start, (bytes + kPage - 1) / kPage * kPage + kPage);
}
#else
void* obtain(size_t bytes, size_t alignment) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

void giveUp(void* block, size_t) { std::free(block); }
#endif

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &nothing, c10::Device(c10::DeviceType::CPU)};
    size_t size = bytes < kSmallest ? bytes : sizeClass(bytes);
    void* data = take(size);
    return {data, data, &giveBack, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &giveBack; }

  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  int64_t inUse() const { return inUse_.load(); }
  int64_t peak() const { return peak_.load(); }
  int64_t cached() const { return static_cast<int64_t>(cached_.load()); }
  void resetPeak() { peak_.store(inUse_.load()); }

  void trim() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      releaseCached();
    }
#ifdef __GLIBC__
    // After the first large block was freed, glibc keeps those up to 32 MB in its heaps.
    malloc_trim(0);
#endif
  }

 private:
  // Sits before each block, in a cache line of its own.
  struct alignas(kAlignment) Header {
    size_t size;
  };

  static void nothing(void*) {}
  static void giveBack(void* data);

  void* take(size_t size) {
    if (size >= kSmallest) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (Header* header = reuse(size)) {
        count(header->size);
        return header + 1;
      }
      makeRoom(size);
    }
    Header* header = request(size);
    if (!header)
      throw std::runtime_error("out of memory: " + std::to_string(size >> 20) + " MiB were asked for, " + std::to_string(inUse_.load() >> 20) +
                               " MiB are in use and " + std::to_string(unpromised() >> 20) +
                               " MiB are available; use fewer tokens at once or a smaller model");
    header->size = size;
    count(size);
    return header + 1;
  }

  // A kept block of this size class, or of one that is at most a quarter larger.
  Header* reuse(size_t size) {
    auto list = free_.lower_bound(size);
    if (list == free_.end() || list->first > size + size / 4) return nullptr;
    Header* header = list->second.back();
    list->second.pop_back();
    cached_ -= list->first;
    if (list->second.empty()) free_.erase(list);
    return header;
  }

  // Blocks in use and kept ones together stay within the largest amount ever in use, and some slack: when sizes change
  // for good, the largest of the old blocks go.
  void makeRoom(size_t size) {
    size_t limit = static_cast<size_t>(peak_.load()) / 4 * 5 + kSlack;
    while (!free_.empty() && static_cast<size_t>(inUse_.load()) + cached_ + size > limit) {
      auto largest = std::prev(free_.end());
      for (Header* header : largest->second) giveUp(header, largest->first + sizeof(Header));
      cached_ -= largest->first * largest->second.size();
      free_.erase(largest);
      approved_ = 0;
    }
  }

  void count(size_t size) {
    int64_t now = inUse_.fetch_add(static_cast<int64_t>(size)) + static_cast<int64_t>(size);
    int64_t before = peak_.load();
    while (now > before && !peak_.compare_exchange_weak(before, now)) {
    }
  }

  Header* request(size_t size) {
    size_t total = size + sizeof(Header);
    if (total < size || !isApproved(total)) return nullptr;
    bool huge = size >= 2 * kHugePage;
    void* block = obtain(total, huge ? kHugePage : kAlignment);
    if (!block) {
      trim();
      block = obtain(total, kAlignment);
    }
#ifdef MADV_HUGEPAGE
    if (block && huge) madvise(block, total & ~(kHugePage - 1), MADV_HUGEPAGE);
#endif
    return static_cast<Header*>(block);
  }

  // A system that overcommits grants more than it has and kills later, so never ask for more than is available.
  bool isApproved(size_t total) {
    size_t held = static_cast<size_t>(inUse_.load()) + cached_;
    if (held + total <= approved_) return true;
    if (total + kReserve > unpromised()) {
      trim();
      if (total + kReserve > unpromised()) return false;
    }
    approved_ = held + total + kStep;
    return true;
  }

  // What is available, less the blocks handed out that have not been written to and so take no memory yet.
  size_t unpromised() const {
    size_t held = static_cast<size_t>(inUse_.load()) + cached_;
    size_t resident = residentMemory();
    size_t promised = held > resident ? held - resident : 0;
    size_t available = availableMemory();
    return available > promised ? available - promised : 0;
  }

  void put(Header* header) {
    size_t size = header->size;
    inUse_.fetch_sub(static_cast<int64_t>(size));
    if (size < kSmallest) return giveUp(header, size + sizeof(Header));
    std::lock_guard<std::mutex> lock(mutex_);
    free_[size].push_back(header);
    cached_ += size;
  }

  void releaseCached() {
    for (auto& [size, blocks] : free_)
      for (Header* header : blocks) giveUp(header, size + sizeof(Header));
    free_.clear();
    cached_ = 0;
    approved_ = 0;
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<Header*>> free_;
  std::atomic<size_t> cached_{0};
  std::atomic<size_t> approved_{0};
  std::atomic<int64_t> inUse_{0};
  std::atomic<int64_t> peak_{0};
};

// Tensors may outlive every environment, so the allocator lives as long as the process.
CachingAllocator& allocator() {
  static auto* instance = new CachingAllocator();
  return *instance;
}

void CachingAllocator::giveBack(void* data) {
  if (data) allocator().put(static_cast<Header*>(data) - 1);
}

napi_value memoryStatistics(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    napi_value result;
    check(env, napi_create_object(env, &result));
    check(env, napi_set_named_property(env, result, "tensors", fromInteger(env, liveTensors.load())));
    check(env, napi_set_named_property(env, result, "bytes", fromInteger(env, allocator().inUse())));
    check(env, napi_set_named_property(env, result, "peakBytes", fromInteger(env, allocator().peak())));
    check(env, napi_set_named_property(env, result, "cachedBytes", fromInteger(env, allocator().cached())));
    return result;
  });
}

napi_value resetPeakMemory(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    allocator().resetPeak();
    return undefined(env);
  });
}

napi_value releaseCachedMemory(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    allocator().trim();
    return undefined(env);
  });
}

// Node unloads an addon when the last environment that loaded it ends. The allocator, with the blocks that it keeps, and
// the code that frees the tensors of libtorch's own statics would go with it.
void stayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &info)) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

// Runs after the finalizers of the environment's tensors: what was attached to it first is finalized last.
void endEnvironment(node_api_basic_env, void*, void*) { allocator().trim(); }

}  // namespace

void countTensor(int delta) { liveTensors.fetch_add(delta); }

void defineMemory(napi_env env, napi_value exports) {
  static std::once_flag once;
  std::call_once(once, [] {
    stayLoaded();
    c10::SetCPUAllocator(&allocator(), 100);
  });
  check(env, napi_set_instance_data(env, nullptr, endEnvironment, nullptr));
  defineMethods(env, exports, {{"memoryStatistics", memoryStatistics}, {"resetPeakMemory", resetPeakMemory}, {"releaseCachedMemory", releaseCachedMemory}});
}

}  // namespace binding
