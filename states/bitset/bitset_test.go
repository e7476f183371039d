package bitset

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is the slow, obviously right version.
type model map[uint32]bool

func (m model) sorted() []uint32 {
	var all []uint32
	for i := range m {
		all = append(all, i)
	}
	slices.Sort(all)
	return all
}

func members(s *Set) []uint32 {
	var all []uint32
	s.ForEach(func(i uint32) { all = append(all, i) })
	return all
}

// TestAgainstModel walks at random over lengths around the edges of words and summary words.
func TestAgainstModel(t *testing.T) {
	for _, length := range []uint32{1, 7, 8, 63, 64, 65, 129, 4095, 4096, 4097, 9000} {
		rnd := rand.New(rand.NewPCG(uint64(length), 1))
		a, b := New(length), New(length)
		ma, mb := model{}, model{}
		for range 3000 {
			i := rnd.Uint32N(length)
			switch rnd.IntN(12) {
			case 0, 1, 2:
				if a.Set(i) != !ma[i] {
					t.Fatalf("Set(%d) reported the wrong change", i)
				}
				ma[i] = true
			case 3, 4:
				if a.Clear(i) != ma[i] {
					t.Fatalf("Clear(%d) reported the wrong change", i)
				}
				delete(ma, i)
			case 5, 6:
				b.Set(i)
				mb[i] = true
			case 7:
				a.Or(b)
				for i := range mb {
					ma[i] = true
				}
			case 8:
				a.AndNot(b)
				for i := range mb {
					delete(ma, i)
				}
			case 9:
				b.CopyFrom(a)
				mb = model{}
				for i := range ma {
					mb[i] = true
				}
			case 10:
				if rnd.IntN(4) == 0 {
					b.Reset()
					mb = model{}
				}
			case 11:
				if err := b.LoadBytes(a.AppendBytes(nil)); err != nil {
					t.Fatal(err)
				}
				b.CopyFrom(b)
				mb = model{}
				for i := range ma {
					mb[i] = true
				}
			}
			compare(t, a, ma, i)
			compare(t, b, mb, i)
		}
	}
}

func compare(t *testing.T, s *Set, m model, i uint32) {
	t.Helper()
	all := m.sorted()
	if s.Has(i) != m[i] || int(s.Count()) != len(all) || s.Any() != (len(all) > 0) {
		t.Fatalf("Has(%d) %v, Count %d; want %v, %d", i, s.Has(i), s.Count(), m[i], len(all))
	}
	if !slices.Equal(members(s), all) {
		t.Fatalf("members %v, want %v", members(s), all)
	}
	next, ok := s.Next(i)
	at, _ := slices.BinarySearch(all, i)
	if ok != (at < len(all)) || ok && next != all[at] {
		t.Fatalf("Next(%d) = %d, %v; members %v", i, next, ok, all)
	}
}

// TestImage fixes the byte view of protocol section 5.3, least bit first.
func TestImage(t *testing.T) {
	s := New(20)
	for _, i := range []uint32{0, 9, 19} {
		s.Set(i)
	}
	if got := s.AppendBytes([]byte{0xaa}); !bytes.Equal(got, []byte{0xaa, 0x01, 0x02, 0x08}) {
		t.Errorf("image %x", got)
	}
	if err := s.LoadBytes(bytes.Repeat([]byte{0xff}, 512)); err != nil {
		t.Fatal(err)
	}
	if s.Count() != 20 {
		t.Errorf("a full image of 20 bits has %d members", s.Count())
	}
	if err := s.LoadBytes([]byte{0, 0}); err == nil || s.Count() != 20 {
		t.Errorf("a short image: %v, %d members", err, s.Count())
	}
}

func TestBoundsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"has":   func() { New(10).Has(10) },
		"set":   func() { New(10).Set(10) },
		"clear": func() { New(10).Clear(63) },
		"copy":  func() { New(10).CopyFrom(New(11)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it went unnoticed")
				}
			}()
			f()
		})
	}
	if _, ok := New(10).Next(10); ok {
		t.Error("Next found a member beyond the end")
	}
	if New(0).Any() {
		t.Error("an empty range has a member")
	}
}

// FuzzLoadBytes wants any image to be refused, or to come back as its own low bits.
func FuzzLoadBytes(f *testing.F) {
	f.Add(uint16(20), []byte{0xff, 0xff, 0xff})
	f.Add(uint16(65), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Fuzz(func(t *testing.T, length uint16, img []byte) {
		s := New(uint32(length))
		if err := s.LoadBytes(img); err != nil {
			if len(img) >= s.Bytes() {
				t.Fatal(err)
			}
			return
		}
		again := New(uint32(length))
		if err := again.LoadBytes(s.AppendBytes(nil)); err != nil {
			t.Fatal(err)
		}
		for i := range uint32(length) {
			want := img[i/8]>>(i%8)&1 != 0
			if s.Has(i) != want || again.Has(i) != want {
				t.Fatalf("bit %d of %x: %v, %v", i, img, s.Has(i), again.Has(i))
			}
		}
	})
}

// BenchmarkWalkNearlyEmpty is why the summary is there.
func BenchmarkWalkNearlyEmpty(b *testing.B) {
	s := New(32 << 20)
	for i := range uint32(64) {
		s.Set(i * 500_000)
	}
	n := 0
	for b.Loop() {
		s.ForEach(func(uint32) { n++ })
	}
}
