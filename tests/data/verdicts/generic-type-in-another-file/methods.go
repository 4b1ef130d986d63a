package main

func (s *store[K, V]) get(key K) (V, bool) {
	s.mux.Lock()
	defer s.mux.Unlock()
	value, ok := s.held[key]
	return value, ok
}

func (s *store[K, V]) put(key K, value V) V {
	s.held[key] = value
	return value
}
