-- case: ENUM of more than 255 members
-- why: its number takes two bytes then
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE many (id INT PRIMARY KEY, e ENUM(
  'label 1','label 2','label 3','label 4','label 5','label 6','label 7','label 8','label 9','label 10',
  'label 11','label 12','label 13','label 14','label 15','label 16','label 17','label 18','label 19','label 20',
  'label 21','label 22','label 23','label 24','label 25','label 26','label 27','label 28','label 29','label 30',
  'label 31','label 32','label 33','label 34','label 35','label 36','label 37','label 38','label 39','label 40',
  'label 41','label 42','label 43','label 44','label 45','label 46','label 47','label 48','label 49','label 50',
  'label 51','label 52','label 53','label 54','label 55','label 56','label 57','label 58','label 59','label 60',
  'label 61','label 62','label 63','label 64','label 65','label 66','label 67','label 68','label 69','label 70',
  'label 71','label 72','label 73','label 74','label 75','label 76','label 77','label 78','label 79','label 80',
  'label 81','label 82','label 83','label 84','label 85','label 86','label 87','label 88','label 89','label 90',
  'label 91','label 92','label 93','label 94','label 95','label 96','label 97','label 98','label 99','label 100',
  'label 101','label 102','label 103','label 104','label 105','label 106','label 107','label 108','label 109','label 110',
  'label 111','label 112','label 113','label 114','label 115','label 116','label 117','label 118','label 119','label 120',
  'label 121','label 122','label 123','label 124','label 125','label 126','label 127','label 128','label 129','label 130',
  'label 131','label 132','label 133','label 134','label 135','label 136','label 137','label 138','label 139','label 140',
  'label 141','label 142','label 143','label 144','label 145','label 146','label 147','label 148','label 149','label 150',
  'label 151','label 152','label 153','label 154','label 155','label 156','label 157','label 158','label 159','label 160',
  'label 161','label 162','label 163','label 164','label 165','label 166','label 167','label 168','label 169','label 170',
  'label 171','label 172','label 173','label 174','label 175','label 176','label 177','label 178','label 179','label 180',
  'label 181','label 182','label 183','label 184','label 185','label 186','label 187','label 188','label 189','label 190',
  'label 191','label 192','label 193','label 194','label 195','label 196','label 197','label 198','label 199','label 200',
  'label 201','label 202','label 203','label 204','label 205','label 206','label 207','label 208','label 209','label 210',
  'label 211','label 212','label 213','label 214','label 215','label 216','label 217','label 218','label 219','label 220',
  'label 221','label 222','label 223','label 224','label 225','label 226','label 227','label 228','label 229','label 230',
  'label 231','label 232','label 233','label 234','label 235','label 236','label 237','label 238','label 239','label 240',
  'label 241','label 242','label 243','label 244','label 245','label 246','label 247','label 248','label 249','label 250',
  'label 251','label 252','label 253','label 254','label 255','label 256','label 257','label 258','label 259','label 260',
  'label 261','label 262','label 263','label 264','label 265','label 266','label 267','label 268','label 269','label 270',
  'label 271','label 272','label 273','label 274','label 275','label 276','label 277','label 278','label 279','label 280',
  'label 281','label 282','label 283','label 284','label 285','label 286','label 287','label 288','label 289','label 290',
  'label 291','label 292','label 293','label 294','label 295','label 296','label 297','label 298','label 299','label 300'
));

-- before
INSERT INTO many VALUES (1,1),(2,255),(3,256),(4,257),(5,300),(6,NULL);

-- during
UPDATE many SET e = 'label 256' WHERE id = 2;
UPDATE many SET e = 'label 1' WHERE id = 5;
INSERT INTO many VALUES (7,300),(8,128),(9,129);
DELETE FROM many WHERE e = 'label 257';
