package courier

import "math/rand/v2"

// Words the rows are made of. Katakana and old addresses hold characters whose
// second byte in Shift_JIS is a backslash (ソ, 表, 能, 十, 予), which is where
// careless quoting breaks.

type city struct {
	code, name, kanji string
	lat, lon          float64
}

var cities = [...]city{
	{"TYO", "Tokyo", "東京都", 35.6812, 139.7671},
	{"OSA", "Osaka", "大阪府", 34.7025, 135.4959},
	{"NGO", "Nagoya", "愛知県名古屋市", 35.1709, 136.8815},
	{"SPK", "Sapporo", "北海道札幌市", 43.0687, 141.3508},
	{"FUK", "Fukuoka", "福岡県福岡市", 33.5902, 130.4207},
	{"KYO", "Kyoto", "京都府京都市", 34.9858, 135.7588},
	{"SDJ", "Sendai", "宮城県仙台市", 38.2601, 140.8824},
	{"KMQ", "Kanazawa", "石川県金沢市", 36.5781, 136.6479},
}

var familyNames = [...]struct{ kanji, kana, latin string }{
	{"佐藤", "サトウ", "sato"}, {"鈴木", "スズキ", "suzuki"}, {"高橋", "タカハシ", "takahashi"},
	{"曽根", "ソネ", "sone"}, {"渡邉", "ワタナベ", "watanabe"}, {"伊藤", "イトウ", "ito"},
	{"表", "オモテ", "omote"}, {"十河", "ソゴウ", "sogo"}, {"小林", "コバヤシ", "kobayashi"},
	{"能登", "ノト", "noto"}, {"予科", "ヨカ", "yoka"}, {"髙田", "タカダ", "takada"},
}

var givenNames = [...]struct{ kanji, kana, latin string }{
	{"太郎", "タロウ", "taro"}, {"花子", "ハナコ", "hanako"}, {"陽菜", "ヒナ", "hina"},
	{"蓮", "レン", "ren"}, {"さくら", "サクラ", "sakura"}, {"創", "ソウ", "so"},
	{"健一", "ケンイチ", "kenichi"}, {"美咲", "ミサキ", "misaki"}, {"𠮷之助", "ヨシノスケ", "yoshinosuke"},
}

var streets = [...]string{"本町", "中央", "港", "桜ヶ丘", "緑が丘", "表参道", "旭", "大手町", "祇園", "十条"}

// latin1 in MySQL is cp1252, so the euro sign and curly quotes are in it.
var legacyNotes = [...]string{
	"prefers evenings", "café au coin, 2ème étage", "Straße gesperrt, Tür hinten", "paid 12 € “cash”", "",
	`C:\orders\new`, "o'brien; \"quotes\" --", "señor Núñez", "trailing space ",
}

var remarks = [...]string{
	"置き配希望", "玄関先へ 🚪", "犬に注意 🐕", "leave with the neighbour", "不在時は宅配ボックスへ 📦", "", "左のベルを鳴らす",
	"tab\there", "two\nlines", "100% 'sure' \\o/", "👩‍👩‍👧‍👦 family",
}

var (
	shipmentStatus = [...]string{"new", "collected", "moving", "delivered", "lost"}
	vehicles       = [...]string{"bicycle", "scooter", "van", "truck"}
	kinds          = [...]string{"person", "shop", "enterprise"}
	languages      = [...]string{"ja", "en", "zh", "ko", "pt"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// person makes a name in kanji, katakana and Latin letters.
func person(r *rand.Rand) (kanji, kana, latin string) {
	family, given := pick(r, familyNames[:]), pick(r, givenNames[:])
	return family.kanji + " " + given.kanji, family.kana + " " + given.kana, given.latin + "." + family.latin
}

// subset makes a SET value as a bit mask of n members.
func subset(r *rand.Rand, n int) int { return r.IntN(1 << n) }
